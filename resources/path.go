package resources

import (
	"github.com/zclconf/go-cty/cty"

	"converge/internal/resource"
)

// Place are the attributes of every kind of thing at a path.
type Place struct {
	Type   string               `attr:"type"` // see [TypeFile]; an observed one may be of another type
	Path   resource.Text        `attr:"path"`
	Ensure resource.Opt[string] `attr:"ensure"`
}

// IsAbsent reports whether there is to be nothing at the path.
func (p *Place) IsAbsent() bool { return p.Ensure.Value == "absent" }

// Permissions are the attributes of every kind with an owner and a mode.
type Permissions struct {
	Mode   resource.Opt[string] `attr:"mode"`
	Owner  resource.Opt[string] `attr:"owner"`
	Group  resource.Opt[string] `attr:"group"`
	Xattrs resource.Opt[string] `attr:"xattrs"`
}

// FileOptions are the attributes that file and template share beside those.
type FileOptions struct {
	Content   *resource.Blob         `attr:"content"`
	Verify    resource.Opt[[]string] `attr:"verify"`
	OnEdit    resource.Opt[string]   `attr:"on_edit"`
	Backup    resource.Opt[string]   `attr:"backup"`
	Sensitive resource.Opt[bool]     `attr:"sensitive"`
	Follow    resource.Opt[bool]     `attr:"follow"`
}

// FileSource are the attributes of a file that say where its content comes from.
// A wanted file has them only if the content is fetched.
type FileSource struct {
	Source  resource.Opt[string] `attr:"source"`
	SHA256  resource.Opt[string] `attr:"sha256"`
	MaxSize resource.Opt[string] `attr:"max_size"`
}

// FileWant is the struct of the kind file.
type FileWant struct {
	Place
	Permissions
	FileOptions
	FileSource
	Force resource.Opt[bool] `attr:"force"`
}

// TemplateWant is the struct of the kind template. A wanted template has no
// attributes of which its content was rendered.
type TemplateWant struct {
	Place
	Permissions
	FileOptions
	Source resource.Opt[string] `attr:"source"`
	Inline resource.Opt[string] `attr:"inline"`
	Vars   cty.Value            `attr:"vars"`
	Force  resource.Opt[bool]   `attr:"force"`
}

// DirectoryOptions are the attributes that only a directory has.
type DirectoryOptions struct {
	Parents    resource.Opt[bool]     `attr:"parents"`
	Recurse    resource.Opt[bool]     `attr:"recurse"`
	Purge      resource.Opt[bool]     `attr:"purge"`
	IfEmpty    resource.Opt[bool]     `attr:"if_empty"`
	Differing  resource.Opt[[]string] `attr:"differing"`
	Undeclared resource.Opt[[]string] `attr:"undeclared"`
}

// DirectoryWant is the struct of the kind directory.
type DirectoryWant struct {
	Place
	Permissions
	DirectoryOptions
}

// LinkWant is the struct of the kind link.
type LinkWant struct {
	Place
	Target resource.Text      `attr:"target"`
	Force  resource.Opt[bool] `attr:"force"`
}

// Entry is a wanted thing of any of these kinds, as those read it that serve
// them all.
type Entry struct {
	Place
	Permissions
	FileOptions
	FileSource
	DirectoryOptions
	Target resource.Text      `attr:"target"`
	Force  resource.Opt[bool] `attr:"force"`

	Below *resource.Blob `attr:"below,recorded"` // what lay below a directory
}
