package resources

import (
	"converge/internal/render"
	"converge/internal/resource"
)

// innerFolderDoc documents what package fsys refuses on the way to a path.
const innerFolderDoc = "As root, converge enters a folder in an ordinary user's folder only if it belongs to the same user: otherwise " +
	"that user may have put it there. A `directory` that comes before can give the outer folder to root, or to the owner of the inner one."

// inTreeDoc documents the paths and owners of a tree.
const inTreeDoc = "With `--root`, the path is one of that tree, and names of users and groups are those of its accounts."

// File is the kind of one regular file. A provider of nil serves documentation and validation.
//
// In a wanted value "content" is a [resource.Blob], in whatever form the manifest gave it. For a fetched content,
// "source" stays as the URL.
func File(p resource.Provider) *resource.Kind {
	return &resource.Kind{
		Name: "file",
		Doc: "One regular file: its content, permissions and owner. converge replaces the content as a whole and in one step: " +
			"a reader of the file sees the old or the new content, never a part. Attributes that are not set are left as they are.\n\n" +
			"converge refuses a symbolic link at the path, because writing through it would change another file than the " +
			"declared one: `follow = true` manages the file that the link points to, `force = true` replaces the link. A directory at the " +
			"path is never replaced. A file that is itself a mount point, as `/etc/hosts` is in many containers, " +
			"is written in place, which is not atomic; the plan says so." +
			"\n\n" + innerFolderDoc,
		Example: "file \"/etc/motd\" {\n  content = \"kept by converge\\n\"\n  mode    = \"0644\"\n  owner   = \"root\"\n}\n",
		Label:   "path",
		Attrs: resource.Typing[FileWant](append([]resource.Attr{
			typeAttr(TypeFile),
			pathAttr("The file's absolute path. A label that starts with `/` is the path."),
			{
				Name: "content", SecretIf: []string{"source", "sensitive"},
				Doc: "The content of the file. Without `content` and `source`, converge creates a missing file empty and leaves the content of an existing one alone.",
			},
			{
				Name: "source", Option: true, Wording: true,
				Doc: "The source of the content: a file, relative to the manifest's folder, or an `http://` or `https://` URL, which requires `sha256`. converge fetches a URL when it writes the file. " +
					"As root, converge refuses a file that another user may have chosen, for example through a link, unless that user owns the file or can also replace the manifest.",
			},
			{
				Name: "sha256", Option: true, Wording: true, Check: checkSHA256,
				Doc: "The SHA-256 of the content of `source`, 64 hexadecimal digits. Other content is refused.",
			},
			{
				Name: "max_size", Option: true, Wording: true, Check: checkSize,
				Doc: "The maximum size of a download, like `\"500MiB\"`. Unset: 64 MiB if the server does not announce the size, 16 GiB if it does. " +
					"converge makes three attempts if the server fails or the connection breaks, and gives up on a server that sends less than 1 KiB in eight seconds.",
			},
		}, fileAttrs("file")...)),
		Prepare: resource.Preparing(prepareFile),
		Moves:   movesPackages,
		Inert:   true,
		Links:   resource.Reading(pathLinks), Revert: resource.Reverting(revertFile), Leaves: leftOfPath, Provider: p,
		ContentAttr: "content", KeepsEdit: keepsEdit,
	}
}

// Template is the kind of a file whose content is rendered. A wanted value looks like that of a file.
func Template(p resource.Provider) *resource.Kind {
	r := new(render.Renderer)
	return &resource.Kind{
		Name: "template",
		Doc: "A `file` whose content is rendered from a template in Go's `text/template` language with the sprig functions, except " +
			"those whose result differs from call to call. The template sees `.vars`, `.node`, and each variable " +
			"by its name (`.workers` for `.vars.workers`). An undefined variable is an error.\n\n" +
			"Jinja (`{% for x in hosts %}`) and ERB (`<%= @port %>`) are refused at their place, for they would be plain text. A value is `{{ .port }}`, " +
			"a loop `{{ range .hosts }}{{ . }}{{ end }}`, a condition `{{ if .tls }}…{{ else }}…{{ end }}`, a filter `{{ .name | upper }}`. " +
			"The function `templatefile` renders the same templates: `content = templatefile(\"NAME\", { port = 80 })` in a `file`, whose text holds `{{ .port }}`.",
		Example: "template \"/etc/app.conf\" {\n  inline = \"workers = {{ .workers }}\\n\"\n  vars   = { workers = 4 }\n  mode   = \"0640\"\n}\n",
		Label:   "path",
		Attrs: resource.Typing[TemplateWant](append([]resource.Attr{
			typeAttr(TypeFile),
			pathAttr("The absolute path of the file that is rendered. A label that starts with `/` is the path."),
			{
				Name: "content", Computed: true, SecretIf: []string{"source", "inline", "vars", "sensitive"},
				Doc: "The rendered content.",
			},
			{Name: "source", Option: true, Wording: true, Doc: "The template: a file, relative to the manifest's folder. One of `source` and `inline` is required."},
			{Name: "inline", Option: true, Wording: true, Doc: "The template itself."},
			{Name: "vars", Option: true, Wording: true, Check: checkObject, Doc: "The variables of the template: an object or a map."},
		}, fileAttrs("file")...)),
		Prepare: resource.Preparing(func(in resource.Input, t *TemplateWant) error { return prepareTemplate(r, in, t) }),
		Moves:   movesPackages,
		Inert:   true,
		Links:   resource.Reading(pathLinks), Revert: resource.Reverting(revertFile), Leaves: leftOfPath, Provider: p,
		ContentAttr: "content", KeepsEdit: keepsEdit,
	}
}

// Directory is the kind of one directory.
func Directory(p resource.Provider) *resource.Kind {
	return &resource.Kind{
		Name: "directory",
		Doc: "One directory: its existence, permissions and owner. With `recurse` it also manages permissions and owners of everything below it, " +
			"and with `purge` it removes what is not declared. The parent directory must exist, be declared, or be created with `parents`.\n\n" +
			innerFolderDoc + "\n\n" + inTreeDoc,
		Example: "directory \"/srv/app\" {\n  mode  = \"0750\"\n  group = \"www-data\"\n}\n",
		Label:   "path",
		Attrs: resource.Typing[DirectoryWant](append([]resource.Attr{
			typeAttr(TypeDirectory),
			pathAttr("The directory's absolute path. A label that starts with `/` is the path."),
			{Name: "parents", Option: true, Doc: "Create missing parent directories as well, with mode 0755. They belong to root, or to the user in whose directory they are created, and they stay when this directory is removed."},
			{
				Name: "recurse", Option: true,
				Doc: "Apply `owner`, `group` and `mode` to everything below as well, except to declared paths, which follow their own resources, and to the content of " +
					"declared directories. A file gets the execute bits of the mode " +
					"only if it has an execute bit already (like `X` of chmod). Links are not followed, and what is mounted below is left alone. Pipes, sockets and devices keep their owner and mode.",
			},
			{
				Name: "purge", Option: true,
				Doc: "Remove everything in the directory, at any depth, that is not declared; the plan lists all of it. " +
					"It leaves the manifest itself with what that reads, and what other resources need there: the file that has a `sysctl` or a `setting`, the link that enables a `service`, what a package of a farm shows. With " +
					"`ensure = \"absent\"`: remove the directory even if it is not empty; that another site declares something in it is an error.",
			},
			{Name: "if_empty", Computed: true, Internal: true, Option: true, Doc: "With `ensure = \"absent\"`, in a rollback: keep the directory if it has other content now."},
			{Name: "differing", Computed: true, Doc: "With `recurse`: the paths below whose owner, group or mode differs."},
			{Name: "undeclared", Computed: true, Doc: "With `purge`: the paths below that are not declared."},
		}, permAttrs("directory")...)),
		Prepare: resource.Preparing(prepareDirectory),
		Moves:   movesPackages,
		Inert:   true,
		Links:   resource.Reading(pathLinks), Revert: resource.Reverting(revertFile), Leaves: leftOfPath, Provider: p,
	}
}

// Link is the kind of one symbolic link.
func Link(p resource.Provider) *resource.Kind {
	return &resource.Kind{
		Name: "link",
		Doc: "One symbolic link. converge replaces it in one step: the path is never missing. The target need not exist.\n\n" +
			inTreeDoc + " The target is written as it is declared: an absolute one leads elsewhere in the tree for those who run inside.",
		Example: "link \"/etc/localtime\" {\n  target = \"/usr/share/zoneinfo/Europe/Berlin\"\n}\n",
		Label:   "path",
		Attrs: resource.Typing[LinkWant]([]resource.Attr{
			typeAttr(TypeLink),
			pathAttr("The link's own absolute path. A label that starts with `/` is the path."),
			{Name: "target", Check: checkTarget, Doc: "The text of the link: an absolute path, or a path relative to the directory of the link."},
			ensureAttr("link", ""),
			{Name: "owner", ByNumber: true, Computed: true, Internal: true, Doc: "The owner that a rollback gives back to the link."},
			{Name: "group", ByNumber: true, Computed: true, Internal: true, Doc: "The group that a rollback gives back to the link."},
			{Name: "force", Option: true, Doc: "Replace a file at the path, or anything else except a directory."},
		}),
		Prepare: resource.Preparing(prepareLink),
		Moves:   func(resource.Change) bool { return true }, // paths through it change
		Inert:   true,
		Links:   resource.Reading(pathLinks), Revert: resource.Reverting(revertFile), Leaves: leftOfPath, Provider: p,
		ContentAttr: "target", TextContent: true,
	}
}
