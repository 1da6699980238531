package machine

import (
	"converge/internal/fsys"
	"converge/internal/journal"
	"converge/internal/resource"
)

// folderNotes keeps in the ledger which folders converge made for something in them.
type folderNotes struct {
	state    *journal.State
	declares func(key string) bool // nil: no site is known
}

// NoteFolders makes the ledger keep which folders are made in a tree.
func NoteFolders(tree *fsys.FS, state *journal.State) { tree.KeepFolders(folderNotes{state: state}) }

// ReadFolder implements fsys.FolderNotes. A folder that the site declares does not only exist for its content.
func (n folderNotes) ReadFolder(dir string) string {
	if n.declares != nil && n.declares("path:"+resource.EncodeBytes(dir)) {
		return ""
	}
	return n.state.Makings().ReadFolder(dir)
}

// NoteFolder implements fsys.FolderNotes.
func (n folderNotes) NoteFolder(dir, note string) error {
	return n.state.Makings().NoteFolder(dir, note)
}
