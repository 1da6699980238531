package fsys

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"
)

// FolderNotes records, across runs, which folders were made only as parents. Paths are spelled as by the caller.
type FolderNotes interface {
	// ReadFolder returns the note of a folder; "": there is none, or a site declares it.
	ReadFolder(dir string) string

	// NoteFolder records a note about a folder and returns when it is on disk; "" removes the note.
	NoteFolder(dir, note string) error
}

// KeepFolders makes [FS.MakeFolder] and its relatives record the folders that they make. Call it before these.
func (f *FS) KeepFolders(n FolderNotes) { f.folders.FolderNotes = n }

// folderNote is the note about a folder that is about to be made. The folder's identity follows when it exists.
const folderNote = "folder"

// IsFolderNote reports whether a note has the form of those in [FolderNotes].
func IsFolderNote(note string) bool {
	return note == folderNote || strings.HasPrefix(note, folderNote+" ")
}

// notedFolders are the recorded folders; none if FolderNotes is nil.
type notedFolders struct{ FolderNotes }

// isOne reports whether a folder is the recorded one, or is now missing. A folder that a killed run was about to make
// has no identity yet.
func (n notedFolders) isOne(f *FS, dir string) bool {
	if n.FolderNotes == nil {
		return false
	}
	note := n.ReadFolder(dir)
	if note == "" || note == folderNote {
		return note != ""
	}
	info, err := f.Look(dir)
	return errors.Is(err, fs.ErrNotExist) || err == nil && note == identifyFolder(info)
}

func (n notedFolders) write(dir, note string) error {
	if n.FolderNotes == nil || note == "" && n.ReadFolder(dir) == "" {
		return nil
	}
	return n.NoteFolder(dir, note)
}

// identifyFolder returns an identity of a folder that a new folder at its path does not have.
func identifyFolder(info Info) string {
	var born int64
	if !info.Born.IsZero() {
		born = info.Born.UnixNano()
	}
	return fmt.Sprintf("%s %d %d", folderNote, info.Ino, born)
}
