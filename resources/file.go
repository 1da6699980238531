package resources

import (
	"converge/internal/render"
	"converge/internal/resource"
)

// File is the kind of one regular file. A provider of nil serves documentation
// and validation.
//
// In a wanted value "content" is a [resource.Blob], however the manifest gave it. For a
// content that is fetched, "source" stays in it as the URL.
func File(p resource.Provider) *resource.Kind {
	return &resource.Kind{
		Name: "file",
		Doc: "One regular file: its content, permissions and owner. The content is replaced as a whole and at once: " +
			"whoever reads the file sees the old or the new one, never a part. Whatever is not set is left as it is.\n\n" +
			"A symbolic link at the path is refused, because writing to it would change another file than the one " +
			"named here: `follow = true` manages what it points to, `force = true` replaces it. A directory in the " +
			"way is never replaced. A file that is a mount point of its own, as `/etc/hosts` is in many containers, " +
			"is written in place, which is not atomic; the plan says so.",
		Example: "file \"/etc/motd\" {\n  content = \"kept by converge\\n\"\n  mode    = \"0644\"\n  owner   = \"root\"\n}\n",
		Label:   "path",
		Attrs: resource.Typing[FileWant](append([]resource.Attr{
			typeAttr(TypeFile),
			pathAttr("The file's absolute path. A label that starts with `/` is the path."),
			{
				Name: "content", SecretIf: []string{"source", "sensitive"},
				Doc: "What the file holds. Neither `content` nor `source`: a missing file is made empty, the content of an existing one is left alone.",
			},
			{
				Name: "source", Option: true, Wording: true,
				Doc: "Where the content comes from: a file, relative to the manifest's folder, or an `http://` or `https://` URL, which is fetched when the file is written and needs `sha256`. " +
					"As root, a file that another user can have chosen, by a link for one, is refused unless that user owns it, or can replace the manifest as well.",
			},
			{
				Name: "sha256", Option: true, Wording: true, Check: checkSHA256,
				Doc: "The SHA-256 of the content of `source`, 64 hexadecimal digits. Other content is refused.",
			},
			{
				Name: "max_size", Option: true, Wording: true, Check: checkSize,
				Doc: "The most that is fetched from a URL, like `\"500MiB\"`. Unset: 64 MiB from a server that does not say how much there is, 16 GiB from one that does. " +
					"A server in trouble or a line that breaks is tried three times; one that sends less than 1 KiB in eight seconds is given up.",
			},
		}, fileAttrs("file")...)),
		Prepare: resource.Preparing(prepareFile),
		Moves:   movesApt,
		Inert:   true,
		Links:   resource.Reading(pathLinks), Revert: resource.Reverting(revertFile), Provider: p,
		ContentAttr: "content", KeepsEdit: keepsEdit,
	}
}

// Template is the kind of a file whose content is rendered. In a wanted value
// it looks like a file.
func Template(p resource.Provider) *resource.Kind {
	r := new(render.Renderer)
	return &resource.Kind{
		Name: "template",
		Doc: "A `file` whose content is rendered from a template in Go's `text/template` language with the sprig functions, less " +
			"those whose result is not the same every time. The template sees `.vars`, `.node`, and the variables " +
			"themselves by name (`.workers` for `.vars.workers`). A variable that is not there is an error.",
		Example: "template \"/etc/app.conf\" {\n  inline = \"workers = {{ .workers }}\\n\"\n  vars   = { workers = 4 }\n  mode   = \"0640\"\n}\n",
		Label:   "path",
		Attrs: resource.Typing[TemplateWant](append([]resource.Attr{
			typeAttr(TypeFile),
			pathAttr("The absolute path of the file that is rendered. A label that starts with `/` is the path."),
			{
				Name: "content", Computed: true, SecretIf: []string{"source", "inline", "vars", "sensitive"},
				Doc: "What was rendered.",
			},
			{Name: "source", Option: true, Wording: true, Doc: "The template: a file, relative to the manifest's folder. One of `source` and `inline` is needed."},
			{Name: "inline", Option: true, Wording: true, Doc: "The template itself."},
			{Name: "vars", Option: true, Wording: true, Check: checkObject, Doc: "What the template sees: an object or a map."},
		}, fileAttrs("file")...)),
		Prepare: resource.Preparing(func(in resource.Input, t *TemplateWant) error { return prepareTemplate(r, in, t) }),
		Moves:   movesApt,
		Inert:   true,
		Links:   resource.Reading(pathLinks), Revert: resource.Reverting(revertFile), Provider: p,
		ContentAttr: "content", KeepsEdit: keepsEdit,
	}
}

// Directory is the kind of one directory.
func Directory(p resource.Provider) *resource.Kind {
	return &resource.Kind{
		Name: "directory",
		Doc: "One directory: that it is there, its permissions and owner, and, where asked, those of everything below it and " +
			"that nothing undeclared lies in it. The directory that it lies in must exist, be declared, or be made with `parents`.",
		Example: "directory \"/srv/app\" {\n  mode  = \"0750\"\n  group = \"www-data\"\n}\n",
		Label:   "path",
		Attrs: resource.Typing[DirectoryWant](append([]resource.Attr{
			typeAttr(TypeDirectory),
			pathAttr("The directory's absolute path. A label that starts with `/` is the path."),
			{Name: "parents", Option: true, Doc: "Make missing directories above it as well, with mode 0755. They belong to root, or to the user in whose directory they are made, and stay when the directory goes."},
			{
				Name: "recurse", Option: true,
				Doc: "Give `owner`, `group` and `mode` to everything below as well, but for what is declared, which is as its own resource says, and what lies in a " +
					"declared directory. Files get the mode without the execute bits " +
					"unless someone may execute them already (as `X` means to chmod). Links are not followed, other file systems not entered.",
			},
			{
				Name: "purge", Option: true,
				Doc: "Remove what lies in the directory, at any depth, and is not declared; the plan lists all of it. With " +
					"`ensure = \"absent\"`: remove the directory although it is not empty.",
			},
			{Name: "if_empty", Computed: true, Option: true, Doc: "With `ensure = \"absent\"`, in a rollback: keep the directory if something else has come to lie in it."},
			{Name: "differing", Computed: true, Doc: "Paths below whose owner, group or mode differ, with `recurse`."},
			{Name: "undeclared", Computed: true, Doc: "Paths below that nobody declares, with `purge`."},
		}, permAttrs("directory")...)),
		Prepare: resource.Preparing(prepareDirectory),
		Moves:   movesApt,
		Inert:   true,
		Links:   resource.Reading(pathLinks), Revert: resource.Reverting(revertFile), Provider: p,
	}
}

// Link is the kind of one symbolic link.
func Link(p resource.Provider) *resource.Kind {
	return &resource.Kind{
		Name:    "link",
		Doc:     "One symbolic link. It is replaced at once: there is no moment at which the path is missing. What it points to need not exist.",
		Example: "link \"/etc/localtime\" {\n  target = \"/usr/share/zoneinfo/Europe/Berlin\"\n}\n",
		Label:   "path",
		Attrs: resource.Typing[LinkWant]([]resource.Attr{
			typeAttr(TypeLink),
			pathAttr("The link's own absolute path. A label that starts with `/` is the path."),
			{Name: "target", Check: checkTarget, Doc: "The text of the link: an absolute path, or one relative to the directory that the link lies in."},
			ensureAttr("link", ""),
			{Name: "force", Option: true, Doc: "Replace a file, or anything else but a directory, that is in the way."},
		}),
		Prepare: resource.Preparing(prepareLink),
		Moves:   func(resource.Change) bool { return true }, // what is reached through it
		Inert:   true,
		Links:   resource.Reading(pathLinks), Revert: resource.Reverting(revertFile), Provider: p,
		ContentAttr: "target", TextContent: true,
	}
}
