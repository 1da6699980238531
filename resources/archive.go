package resources

import (
	"github.com/zclconf/go-cty/cty"

	"converge/internal/resource"
)

// archiveDoc documents the kind archive.
const archiveDoc = "A folder that holds what an archive holds: a tar archive, plain or compressed by gzip, bzip2, xz or zstd, or a zip archive; converge knows the format by the content. " +
	"It unpacks the archive beside the folder and exchanges the two in one step, so that a program sees the old tree or the new one, never a part; nothing outside is touched, and no program is started.\n\n" +
	"All of it belongs to `owner` and `group`, never to the numbers in the archive. Modes are those of the archive, without the set-id bits and without write permission for group and others; the owner of a folder can always list and change it (0555 becomes 0755, 0000 becomes 0700). A folder that the archive does not name has mode 0755, as has one of a zip archive without modes; files of such an archive have 0644. Times of files are those of the archive. " +
	"Extended attributes are not taken over. converge refuses an archive with a path or a link that leads out of the folder, with a device, a pipe or a socket, or with more than `max_unpacked` bytes or 500,000 entries.\n\n" +
	"The state folder holds a list of what was unpacked: path, type, mode, owner, size and time, by which later runs see what was changed since; `content = true` compares the contents, too. If that list is lost, a local source is read and compared; " +
	"a URL is fetched and compared when the resource is applied.\n\n" +
	"**What others write below.** Files that a program writes below the path are no difference. When the tree is exchanged, they go with the old tree, and the plan names them. " +
	"What this or another site declares below the path with its content (a `file`, `directory`, `link` or `tree`, and a file that a `line` made) is copied into the new tree first, is not compared with the archive, and is applied after it. Of a `file` with only an owner or a mode the content is that of the archive, and a hard link to it in the archive has the same owner and mode; a `line` of this site is added to the new content of its file. If a file of the archive has a part of another site, the plan names it, and refuses if that is protected. A mount point below is refused.\n\n" +
	"**Old trees.** The old tree is kept beside the folder, as `.NAME~converge-RUN`, for a rollback; with `keep = 1` it is removed. It takes as much space on disk as before, until a newer one takes its place or the history forgets its run; the plan that removes it names what others had in it. " +
	"With `link`, each version has a folder of its own below the path, named by the digest of its archive; the link is switched last, and `keep` counts these folders; a rollback removes the folder that its run made. The plan names the older trees and versions that `keep` removes: no rollback brings them back, and one of the run that removed them says so. With `keep = 1` no run that brings another version can be taken back.\n\n" +
	"A folder at the path that converge did not unpack is replaced only if all that it holds is in the archive, or with `force`. `ensure = \"absent\"`, and `--prune`, remove what converge unpacked and nobody changed since, and folders that are empty then; the rest stays, and a plan of what is no longer declared names it. A rollback leaves all of it if any of it was changed since; `rollback --force` removes what was changed, too. What is removed is kept, too, until the history forgets the run: in the state folder, or beside its place if that is another file system." + "\n\n" +
	inTreeDoc

// ArchiveWant is the struct of the kind archive.
type ArchiveWant struct {
	Path   resource.Text        `attr:"path"`
	Ensure resource.Opt[string] `attr:"ensure"`
	FileSource
	Strip       resource.Opt[int64]         `attr:"strip"`
	Exclude     resource.Opt[[]string]      `attr:"exclude"`
	Owner       resource.Opt[string]        `attr:"owner"`
	Group       resource.Opt[string]        `attr:"group"`
	Link        resource.Opt[resource.Text] `attr:"link"`
	Keep        resource.Opt[int64]         `attr:"keep"`
	Content     resource.Opt[bool]          `attr:"content"`
	Force       resource.Opt[bool]          `attr:"force"`
	MaxUnpacked resource.Opt[string]        `attr:"max_unpacked"`

	Version   resource.Opt[string]   `attr:"version"`
	Differing resource.Opt[[]string] `attr:"differing"`
	Archive   *resource.Blob         `attr:"archive"`
	Kept      resource.Opt[string]   `attr:"kept"`
	Points    resource.Opt[string]   `attr:"points"`
	Restore   resource.Opt[string]   `attr:"restore"`
	Unpacked  resource.Opt[string]   `attr:"unpacked"`
	Trimmed   resource.Opt[[]string] `attr:"trimmed"`
	Dropped   resource.Opt[string]   `attr:"dropped"`
	Edited    resource.Opt[bool]     `attr:"edited"`
}

// IsAbsent reports whether nothing of the archive should be there.
func (w *ArchiveWant) IsAbsent() bool { return w.Ensure.Value == "absent" }

// Bounds of unpacking, and the number of versions kept, unless others are declared.
const (
	maxUnpacked    = 16 << 30 // bytes
	keepOfArchives = 2
)

// UnpackLimit returns how many bytes are unpacked at most.
func (w *ArchiveWant) UnpackLimit() int64 {
	if n, err := parseSize(w.MaxUnpacked.Value); err == nil {
		return n
	}
	return maxUnpacked
}

// HasVersions reports whether each version of an archive has a folder of its own, and a link leads to the current one.
func HasVersions(archive *resource.Resource) bool {
	return resource.Must[ArchiveWant](archive.Want).Link.Set
}

// UnpacksAnother reports whether two archives that are unpacked to one folder differ.
func UnpacksAnother(a, b *resource.Resource) bool {
	v, w := resource.Must[ArchiveWant](a.Want), resource.Must[ArchiveWant](b.Want)
	return v.Version != w.Version || v.Link != w.Link
}

// Keeps returns how many versions are kept, the current one included.
func (w *ArchiveWant) Keeps() int { return int(w.Keep.Or(keepOfArchives)) }

// Archive is the kind of an unpacked archive. A provider of nil serves documentation and
// validation.
func Archive(p resource.Provider) *resource.Kind {
	return &resource.Kind{
		Name: "archive", Doc: archiveDoc,
		Example: "archive \"/opt/app\" {\n  source = \"https://example.org/app-1.2.tar.gz\"\n" +
			"  sha256 = \"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\"\n  strip  = 1\n}\n",
		Label:      "path",
		Attrs:      resource.Typing[ArchiveWant](archiveAttrs()),
		Prepare:    resource.Preparing(prepareArchive),
		Contradict: archiveContradictions,
		Opaque:     true, // it adds files with parts that other resources declare
		Inert:      true,
		Links:      resource.Reading(archiveLinks),
		Revert:     resource.Reverting(revertArchive),
		Leaves:     leftOfArchive,
		Provider:   p,
	}
}

func archiveAttrs() []resource.Attr {
	return []resource.Attr{
		pathAttr("The absolute path of the folder; with `link`, of the folder that holds the versions. A label that starts with `/` is the path. Its parent directory must exist or be declared."),
		ensureAttr("unpacked archive", " `absent` removes what converge unpacked, the link and the kept versions."),
		{Name: "source", Option: true, Wording: true, Doc: "The archive: a file, relative to the manifest's folder, or an `http://` or `https://` URL, which requires `sha256`. A URL is fetched when the archive is unpacked. Required."},
		{Name: "sha256", Option: true, Wording: true, Check: checkSHA256, Doc: "The SHA-256 of the archive, 64 hexadecimal digits. Another archive is refused."},
		{Name: "max_size", Option: true, Wording: true, Check: checkSize, Doc: "The maximum size of the archive, fetched or not, like `\"500MiB\"`."},
		{Name: "strip", Option: true, Check: checkCount(0), Doc: "The number of folders to leave out at the beginning of each path in the archive; entries with no more than that are left out. Unset: 0."},
		{
			Name: "exclude", Option: true,
			Doc: "Patterns of what is left out, compared with the path after `strip`: a pattern without a slash with each name (`\"*.md\"`), one with a slash with the path (`\"doc/**\"`). A folder is left out with all that is in it.",
		},
		{Name: "owner", ByNumber: true, Check: checkName, Doc: "The owner of all that is unpacked, by name or number. Unset: root, or the user that converge runs as."},
		{Name: "group", ByNumber: true, Check: checkName, Doc: "The group, by name or number. Unset: that of root, or of the user that converge runs as."},
		{Name: "link", Public: true, Shown: true, Check: checkPath, Doc: "The absolute path of a symbolic link to the current version. Each version then has a folder of its own below the path, and the link is switched last. Where another path was named before, the link there is removed; where none was, so is what was unpacked to the path itself. Unset: the path itself is the folder of the current version."},
		{Name: "keep", Option: true, Check: checkCount(1), Doc: "How many versions are kept on disk, the current one included. Unset: 2. A rollback can restore those only."},
		{Name: "content", Option: true, Doc: "Compare the contents of all files with what was unpacked, by digest, in every run: this reads all of them. Unset: size and time have to do."},
		{Name: "force", Option: true, Doc: "Replace a folder that converge did not unpack, whatever it holds; with `link`, also a link at its path that converge did not make and that leads elsewhere."},
		{Name: "max_unpacked", Option: true, Check: checkSize, Doc: "How many bytes all files together may have, like `\"500MiB\"`. Unset: 16 GiB."},
		{Name: "version", Computed: true, Doc: "The version: the first digits of the archive's SHA-256 and, with `strip` or `exclude`, of a digest of these."},
		{Name: "differing", Computed: true, Doc: "Paths in the folder that are not as they were unpacked; of many, the first hundred."},
		{Name: "archive", Computed: true, Internal: true, Option: true, SecretIf: []string{"source"}, Doc: "The archive."},
		{Name: "kept", Computed: true, Internal: true, Option: true, Doc: "The old tree that is kept for a rollback: the path where it was, when it was made, and its inode."},
		{Name: "points", Computed: true, Internal: true, Doc: "The text of the link, for a rollback; empty if there was none."},
		{Name: "restore", Computed: true, Internal: true, Doc: "In a rollback: the kept tree to put back, as in `kept`."},
		{Name: "unpacked", Computed: true, Internal: true, Option: true, Doc: "With `link`, the version whose folder the change makes, for a rollback."},
		{Name: "trimmed", Computed: true, Internal: true, Option: true, Doc: "The older trees and versions that the change removes because of `keep`."},
		{Name: "edited", Computed: true, Internal: true, Option: true, Doc: "In a rollback: what was changed since it was unpacked goes, too."},
		{Name: "dropped", Computed: true, Internal: true, Doc: "In a rollback: the version whose folder goes, because the run had made it."},
	}
}

// checkCount checks a whole number of at least min.
func checkCount(min int64) func(cty.Value) error {
	return func(v cty.Value) error {
		n, exact := v.AsBigFloat().Int64()
		if min == 0 {
			return require(exact == 0 && n >= 0 && n <= 100, "must be a whole number from 0 to 100")
		}
		return require(exact == 0 && n >= min && n <= 100, "must be a whole number from 1 to 100")
	}
}
