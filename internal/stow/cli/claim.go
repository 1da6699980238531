package cli

import (
	"context"
	"fmt"
	"path"
	"slices"
	"strings"

	"converge/internal/stow/farm"
	"converge/internal/stow/store"
)

// inPackage explains where and how the target shows a path of the stow directory.
func (x *explainer) inPackage(ctx context.Context, rest string) ([]string, error) {
	foo, sub, _ := strings.Cut(rest, "/")
	i := slices.IndexFunc(x.all, func(st store.State) bool { return st.Package == foo })
	if i < 0 {
		return []string{"in the stow directory, but in no package"}, nil
	}
	st, arg := x.all[i], store.Arg{Package: foo}
	if st.Protocol {
		arg.Part, sub, _ = strings.Cut(sub, "/")
		if !slices.Contains(argsOf(st), arg) {
			return []string{"of package " + foo + ", but of no version, and not of :config: it is not stowed"}, nil
		}
	}
	if sub == "" {
		return []string{"the directory of " + arg.String()}, nil
	}
	t, _, err := x.disk.Look(path.Join(x.at.path, arg.String(), sub))
	if err != nil {
		return nil, err
	}
	if t == farm.None {
		return []string{arg.String() + " has nothing there"}, nil
	}
	rel := x.placeOf(sub)
	line, owner, err := x.describeFound(rel)
	if err != nil {
		return nil, err
	}
	if owner == arg.String() {
		lines := []string{"stowed at " + quoteControls(rel), line}
		reason, err := x.whyIgnored(arg, sub)
		if reason != "" {
			lines = append(lines, reason+"; but a folded directory shows all that is in it")
		}
		return lines, err
	}
	claim, err := x.explainClaim(ctx, st, arg, rel)
	if err != nil {
		return nil, err
	}
	return append(append([]string{"its place is " + quoteControls(rel)}, claim...), "there: "+line), nil
}

// placeOf returns the target path of a path in an image.
func (x *explainer) placeOf(sub string) string {
	if !x.cmd.Dotfiles {
		return sub
	}
	names := strings.Split(sub, "/")
	for i, name := range names {
		names[i] = farm.TargetName(name)
	}
	return strings.Join(names, "/")
}

// explainClaim describes what a package that does not own a path has there, and why the target does not show it.
func (x *explainer) explainClaim(ctx context.Context, st store.State, arg store.Arg, rel string) ([]string, error) {
	sub, err := x.findInImage(arg, rel)
	if sub == "" || err != nil {
		return nil, err
	}
	has := arg.String() + " has it"
	if reason, err := x.whyIgnored(arg, sub); reason != "" || err != nil {
		return []string{has + ": " + reason}, err
	}
	if st.Installed != "" && arg.Part != store.Config && arg.Part != st.Installed {
		return []string{has + ", but " + st.Installed + " is the version that is stowed"}, nil
	}
	if verdict := x.judgeClaim(ctx, arg, rel); verdict != "" {
		return []string{has + ": " + verdict}, nil
	}
	return []string{has + ", too"}, nil
}

// findInImage returns the path in an image that would appear at rel; "" if there is none.
func (x *explainer) findInImage(arg store.Arg, rel string) (string, error) {
	top, sub := path.Join(x.at.path, arg.String()), ""
	for name := range strings.SplitSeq(rel, "/") {
		list, err := x.disk.List(path.Join(top, sub))
		if err != nil {
			return "", nil //nolint:nilerr // not a directory, or unreadable: it shows nothing
		}
		i := slices.IndexFunc(list, func(e farm.Entry) bool { return x.placeOf(e.Name) == name })
		if i < 0 {
			return "", nil
		}
		sub = path.Join(sub, list[i].Name)
	}
	return sub, nil
}

// whyIgnored explains why a path of an image is not stowed: which list ignores it, or which parent.
func (x *explainer) whyIgnored(arg store.Arg, sub string) (string, error) {
	img := farm.Image{Stow: x.at.path, Package: arg.Package}
	if arg.Part != "" {
		img = farm.Image{Stow: path.Join(x.at.path, arg.Package), Package: arg.Part}
	}
	for i := 0; i <= len(sub); i++ {
		if i < len(sub) && sub[i] != '/' {
			continue
		}
		at := path.Join(x.placeOf(path.Dir(sub[:i])), path.Base(sub[:i]))
		reason, ignored, err := x.lists.Why(img, at)
		switch {
		case err != nil:
			return "", err
		case ignored && i < len(sub):
			return fmt.Sprintf("ignored, because %s is, %s", quoteControls(sub[:i]), reason), nil
		case ignored:
			return "ignored " + reason.String(), nil
		}
	}
	return "", nil
}

// judgeClaim describes why stowing a package does not show its entry at a path; "" if it is stowed there.
func (x *explainer) judgeClaim(ctx context.Context, arg store.Arg, rel string) string {
	said := ""
	plan, effects, err := x.planChange(ctx, store.Stow, arg, func(h farm.Decided) {
		switch {
		case !appliesTo(h.Path, rel):
		case h.Decision == farm.Deferred:
			said = "deferred to what is there"
		case h.Decision == farm.Shut && h.By == "":
			said = "not stowed: " + quoteControls(h.Path) + " is the stow directory"
		case h.Decision == farm.Shut:
			said = "not stowed: the file " + h.By + " in " + quoteControls(path.Clean(h.Path)) + " forbids it"
		}
	})
	if err != nil {
		return "cannot be stowed: " + err.Error()
	}
	for _, c := range plan.Conflicts {
		if appliesTo(c.Path, rel) {
			return "a conflict: " + c.Text + x.suggestRemedy(c)
		}
	}
	if said != "" {
		return said
	}
	for _, e := range effects {
		if appliesTo(e.Path, rel) && e.Is.Type == farm.Symlink {
			return "not stowed; stowing would make " + showThing(e.Path, e.Is)
		}
	}
	return ""
}

// appliesTo reports whether a decision about the path at applies to rel.
func appliesTo(at, rel string) bool {
	return at == "" || at == rel || strings.HasPrefix(rel, at+"/")
}

// suggestRemedy suggests how to resolve a conflict.
func (x *explainer) suggestRemedy(c farm.Conflict) string {
	if strings.HasPrefix(c.Text, "source is ") {
		return "; --allow-absolute-source would link to it"
	}
	t, text, err := x.disk.Look(c.Path)
	if err != nil {
		return ""
	}
	switch t {
	case farm.File:
		return "; --adopt would take the file into the package, --backup would keep it aside"
	case farm.Dir:
		return "; the directory has to be moved away"
	case farm.Symlink:
		if owner, err := x.findOwner(c.Path, text); err == nil && owner != "" {
			return fmt.Sprintf("; to unstow %s would settle it, or --override to replace the link, or --defer to leave it", owner)
		}
		return "; the link has to be removed"
	}
	return ""
}
