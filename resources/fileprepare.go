package resources

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/render"
	"converge/internal/resource"
)

// normalize brings the attributes that all kinds share into one form, for comparison. perms is nil for a kind without
// any. A mode that does not depend on the existing mode is compared as plain text.
func (p *Place) normalize(typ string, perms *Permissions) error {
	p.Type = typ
	p.Path = p.Path.Canonical()
	if p.Path == "/" && typ != TypeDirectory {
		return attrError("path", "must not be the root directory")
	}
	if !p.IsAbsent() {
		p.Ensure = resource.Opt[string]{} // a declaration implies it
	}
	if perms == nil || !perms.Mode.Set {
		return nil
	}
	mode, err := ParseMode(perms.Mode.Value)
	if err != nil {
		return &resource.AttrError{Attr: "mode", Err: err}
	}
	if a := mode.Apply(0, false); a == mode.Apply(modeAll, true) {
		perms.Mode.Value = FormatMode(a)
	}
	return nil
}

// attrError is a problem with one attribute.
func attrError(attr, format string, args ...any) error {
	return &resource.AttrError{Attr: attr, Err: fmt.Errorf(format, args...)}
}

// normalizeBackup replaces a true backup by the default suffix, and removes a false one.
func (f *Contents) normalizeBackup() { f.Backup = normalBackup(f.Backup) }

func normalBackup(suffix resource.Opt[string]) resource.Opt[string] {
	switch suffix.Value {
	case "true":
		return resource.Some(".bak")
	case "false":
		return resource.Opt[string]{}
	}
	return suffix
}

// ofAbsent returns the options of a file that is to be removed.
func (f *Contents) ofAbsent() Contents {
	return Contents{Backup: f.Backup, OnEdit: f.OnEdit}
}

// withoutFile returns the options of a file that is to be removed. Its verify then checks what remains.
func (f *FileOptions) withoutFile() FileOptions {
	return FileOptions{Contents: f.ofAbsent(), Verify: f.Verify}
}

func prepareFile(in resource.Input, f *FileWant) error {
	if err := f.Place.normalize(TypeFile, &f.Permissions); err != nil {
		return err
	}
	f.FileOptions.normalizeBackup()
	switch {
	case f.Source.Set && f.Content != nil:
		return attrError("source", "cannot stand beside content")
	case !f.Source.Set && f.SHA256.Set:
		return attrError("sha256", "is of no use without source")
	case f.IsAbsent():
		*f = FileWant{Place: f.Place, FileOptions: f.withoutFile(), Force: f.Force}
	case f.Source.Set:
		return f.readContent(in)
	}
	return nil
}

// readContent replaces source by its content. A URL stays, for the provider to
// fetch.
func (f *FileWant) readContent(in resource.Input) error {
	src, sum := f.Source.Value, strings.ToLower(f.SHA256.Value)
	f.SHA256 = resource.Opt[string]{}
	if sum == "" && isGitSource(src) {
		return attrError("source", "is a git repository, which nothing here clones: name the archive of a commit, such as https://HOST/OWNER/NAME/archive/COMMIT.tar.gz, with its sha256, or clone it by an exec with creates")
	}
	if scheme, _, ok := strings.Cut(src, "://"); ok {
		switch {
		case scheme != "http" && scheme != "https":
			return attrError("source", "cannot fetch by %q: only http and https%s", scheme, meantSource(scheme))
		case sum == "":
			return attrError("source", "a URL needs sha256, the digest of what is there")
		}
		f.Content = resource.DigestBlob(sum, -1, func() (io.ReadCloser, error) {
			return nil, errors.New("cannot read what source names: it is fetched when the file is written")
		})
		return nil
	}
	b, err := in.Source(src)
	if err != nil {
		return &resource.AttrError{Attr: "source", Err: err}
	}
	if sum != "" {
		got, err := b.Digest()
		if err != nil {
			return &resource.AttrError{Attr: "source", Err: err}
		}
		if got != sum {
			return attrError("sha256", "is not the digest of %q, which is %s", src, got)
		}
		b = b.Pinned(sum)
	}
	f.Content, f.Source = b, resource.Opt[string]{}
	return nil
}

func prepareTemplate(r *render.Renderer, in resource.Input, t *TemplateWant) error {
	if err := t.Place.normalize(TypeFile, &t.Permissions); err != nil {
		return err
	}
	t.FileOptions.normalizeBackup()
	if t.IsAbsent() {
		*t = TemplateWant{Place: t.Place, FileOptions: t.withoutFile(), Force: t.Force}
		return nil
	}
	attr, name := "inline", in.Addr.String()
	var text string
	switch {
	case t.Source.Set == t.Inline.Set:
		return errors.New("needs one of source and inline")
	case t.Inline.Set:
		text = resource.DecodeBytes(t.Inline.Value)
	default:
		attr, name = "source", t.Source.Value
		b, err := in.ReadFile(name)
		if err != nil {
			return &resource.AttrError{Attr: attr, Err: err}
		}
		text = string(b)
	}
	out, err := r.Render(name, text, render.TemplateData(text, t.Vars, in.Node))
	if err != nil {
		return &resource.AttrError{Attr: attr, Err: err}
	}
	t.Content = resource.BytesBlob(out)
	t.Source, t.Inline, t.Vars = resource.Opt[string]{}, resource.Opt[string]{}, cty.NilVal
	return nil
}

func prepareDirectory(_ resource.Input, d *DirectoryWant) error {
	if err := d.Place.normalize(TypeDirectory, &d.Permissions); err != nil {
		return err
	}
	if d.IsAbsent() {
		if d.Path == "/" {
			return attrError("path", "the root directory cannot be absent")
		}
		*d = DirectoryWant{Place: d.Place, DirectoryOptions: DirectoryOptions{Purge: d.Purge}}
		return nil
	}
	if d.Recurse.Value {
		d.Differing = resource.Some([]string{})
	}
	return preparePurge(d.Path, d.Purge, &d.Undeclared)
}

// preparePurge asks what purge would remove. Nobody declares a whole system.
func preparePurge(path resource.Text, purge resource.Opt[bool], undeclared *resource.Opt[[]string]) error {
	switch {
	case !purge.Value:
		return nil
	case path == "/":
		return attrError("purge", "would remove all of the system that is not declared: purge the folders that are this manifest's alone")
	}
	*undeclared = resource.Some([]string{})
	return nil
}

func prepareLink(_ resource.Input, l *LinkWant) error {
	if err := l.Place.normalize(TypeLink, nil); err != nil {
		return err
	}
	l.Target = l.Target.Canonical()
	switch {
	case l.IsAbsent():
		*l = LinkWant{Place: l.Place}
	case l.Target == "":
		return errors.New("needs target, the path that the link points to")
	}
	return nil
}

// isGitSource reports whether a source is a git repository, in one of the usual notations, and not a file at a URL.
func isGitSource(src string) bool {
	if strings.HasPrefix(src, "git::") || strings.HasPrefix(src, "git@") || strings.HasPrefix(src, "git://") {
		return true
	}
	_, at, isURL := strings.Cut(src, "://")
	at, _, _ = strings.Cut(at, "?")
	host, path, _ := strings.Cut(strings.TrimSuffix(at, "/"), "/")
	isForge := slices.Contains([]string{"github.com", "gitlab.com", "bitbucket.org", "codeberg.org"}, host) && strings.Count(path, "/") == 1
	return isURL && (isForge || strings.HasSuffix(path, ".git"))
}

// meantSource suggests a replacement for a URL with a scheme that cannot be fetched.
func meantSource(scheme string) string {
	switch scheme {
	case "puppet", "salt", "cookbook", "file":
		return "; a file beside the manifest is named without a scheme, relative to its folder"
	case "s3", "gs", "git", "ssh", "sftp", "ftp", "scp":
		return "; an exec before it can fetch by others, into a path of the host"
	}
	return ""
}
