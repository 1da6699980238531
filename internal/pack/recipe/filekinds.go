package recipe

import (
	"fmt"
	"os"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/resource"
)

type entryWant struct {
	Path  resource.Text `attr:"path"`
	Mode  string        `attr:"mode"`
	Owner string        `attr:"owner"`
	Group string        `attr:"group"`
}

func entryAttrs(mode string) []resource.Attr {
	return []resource.Attr{
		{Name: "path", Required: true, Doc: "Where it is installed; the label, if that begins with a slash."},
		{Name: "mode", Check: checkMode, Doc: "Permissions, `\"" + mode + "\"` unless set."},
		{Name: "owner", Doc: "Owner; `root` unless set."},
		{Name: "group", Doc: "Group; `root` unless set."},
	}
}

type fileWant struct {
	entryWant
	contentWant
}

func fileKind() *resource.Kind {
	return &resource.Kind{
		Name: "file", Label: "path", Doc: "A file.",
		Attrs: resource.Typing[fileWant](append(entryAttrs("0644"), contentAttrs()...)),
		Prepare: resource.Preparing(func(in resource.Input, w *fileWant) error {
			return w.locate(in)
		}),
	}
}

type configWant struct {
	entryWant
	contentWant
	Replace resource.Opt[bool] `attr:"replace"`
}

func configKind() *resource.Kind {
	return &resource.Kind{
		Name: "config", Label: "path",
		Doc: "A configuration file: what the administrator has changed in it is kept at an upgrade. An apk keeps any changed file below `/etc`, and no other.",
		Attrs: resource.Typing[configWant](append(append(entryAttrs("0644"), contentAttrs()...),
			resource.Attr{Name: "replace", Doc: "Let an upgrade of an rpm replace a changed file, which is saved as `.rpmsave`; the other families keep it."})),
		Prepare: resource.Preparing(func(in resource.Input, w *configWant) error {
			return w.locate(in)
		}),
	}
}

func directoryKind() *resource.Kind {
	return &resource.Kind{
		Name: "directory", Label: "path",
		Doc:   "A directory. Those above files need no block.",
		Attrs: resource.Typing[entryWant](entryAttrs("0755")),
	}
}

type treeWant struct {
	Path   resource.Text               `attr:"path"`
	Source resource.Opt[resource.Text] `attr:"source"`
	Owner  string                      `attr:"owner"`
	Group  string                      `attr:"group"`
}

func treeKind() *resource.Kind {
	attrs := entryAttrs("")
	return &resource.Kind{
		Name: "tree", Label: "path",
		Doc: "A folder with all that is in it. Files have mode 0755 if their owner may run them, else 0644; links stay links.",
		Attrs: resource.Typing[treeWant]([]resource.Attr{
			attrs[0], {Name: "source", Required: true, Doc: "The folder, relative to the recipe's."}, attrs[2], attrs[3],
		}),
		Prepare: resource.Preparing(func(in resource.Input, w *treeWant) error {
			c := contentWant{Source: w.Source}
			err := c.locateSource(in, func(info os.FileInfo) error {
				if !info.IsDir() {
					return fmt.Errorf("is not a folder")
				}
				return nil
			})
			w.Source = c.Source
			return err
		}),
	}
}

type linkWant struct {
	Path   resource.Text `attr:"path"`
	Target resource.Text `attr:"target"`
}

func linkKind() *resource.Kind {
	return &resource.Kind{
		Name: "link", Label: "path", Doc: "A symbolic link.",
		Attrs: resource.Typing[linkWant]([]resource.Attr{
			entryAttrs("")[0], {Name: "target", Required: true, Doc: "What it points to."},
		}),
	}
}

type scriptWant struct {
	When string `attr:"at"`
	contentWant
}

func scriptKind() *resource.Kind {
	return &resource.Kind{
		Name: "script", Label: "at",
		Doc: "The body of a script of sh, which the package manager runs as root, with `set -e`. The variable `action` is `install` or `upgrade`, `remove`, or `purge` where a deb's configuration goes. " +
			"The users exist before `pre_install`; units are started after `post_install`, and stopped before `pre_remove`. No removal script runs at an upgrade.",
		Attrs: resource.Typing[scriptWant](append([]resource.Attr{
			{Name: "at", Required: true, OneOf: []string{"pre_install", "post_install", "pre_remove", "post_remove"}, Doc: "When it runs."},
		}, contentAttrs()...)),
		Prepare: resource.Preparing(func(in resource.Input, w *scriptWant) error { return w.locate(in) }),
	}
}

type unitWant struct {
	Name string `attr:"name"`
	contentWant
	Enable  resource.Opt[bool] `attr:"enable"`
	Start   resource.Opt[bool] `attr:"start"`
	Restart resource.Opt[bool] `attr:"restart_on_upgrade"`
}

func unitKind() *resource.Kind {
	yes := func(name, doc string) resource.Attr {
		return resource.Attr{Name: name, Default: cty.True, Doc: doc + " `true` unless set."}
	}
	return &resource.Kind{
		Name: "unit", Label: "name",
		Doc: "A unit of systemd. A removal stops and disables it. Nothing is started or stopped in a chroot, or where systemd does not run.",
		Attrs: resource.Typing[unitWant](append(append([]resource.Attr{
			{Name: "name", Required: true, Doc: "Its name with its type: `app.service`."},
		}, contentAttrs()...),
			yes("enable", "Whether an installation enables it; an upgrade leaves that to the administrator."),
			yes("start", "Whether an installation starts it."),
			yes("restart_on_upgrade", "Whether an upgrade restarts it, once, if it runs."))),
		Prepare: resource.Preparing(func(in resource.Input, w *unitWant) error { return w.locate(in) }),
	}
}

type userWant struct {
	Name    string                 `attr:"name"`
	Group   string                 `attr:"group"`
	Groups  resource.Opt[[]string] `attr:"groups"`
	Home    string                 `attr:"home"`
	Shell   string                 `attr:"shell"`
	Comment string                 `attr:"comment"`
	System  resource.Opt[bool]     `attr:"system"`
}

func userKind() *resource.Kind {
	return &resource.Kind{
		Name: "user", Label: "name",
		Doc: "An account that exists before the package's files are unpacked, so that they can belong to it. A removal leaves it.",
		Attrs: resource.Typing[userWant]([]resource.Attr{
			{Name: "name", Required: true, Doc: "The login name."},
			{Name: "group", Doc: "Its group, which is made if there is none; one of the user's name unless set."},
			{Name: "groups", Doc: "More groups, which exist already."},
			{Name: "home", Doc: "Its home, which a `directory` makes; `/nonexistent` unless set."},
			{Name: "shell", Doc: "Its shell; one that refuses a login unless set."},
			{Name: "comment", Doc: "Full name."},
			{Name: "system", Default: cty.True, Doc: "Whether its number is from the range for system accounts. `true` unless set."},
		}),
	}
}
