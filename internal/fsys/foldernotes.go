package fsys

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"
)

// FolderNotes keeps, from one run to the next, which folders were made for something that was
// to be in them. Paths are as the caller spells them.
type FolderNotes interface {
	// ReadFolder returns the note of a folder; "": there is none, or a site declares it.
	ReadFolder(dir string) string

	// NoteFolder notes something of a folder, and returns when that is on disk; "": nothing any more.
	NoteFolder(dir, note string) error
}

// KeepFolders has [FS.MakeFolder] and its like note what they make. Call it before these.
func (f *FS) KeepFolders(n FolderNotes) { f.folders.FolderNotes = n }

// folderNote is noted of a folder before it is made. What it is known by follows once it is there.
const folderNote = "folder"

// IsFolderNote reports whether a note is one of [FolderNotes].
func IsFolderNote(note string) bool {
	return note == folderNote || strings.HasPrefix(note, folderNote+" ")
}

// notedFolders are the folders that were noted; without notes, none.
type notedFolders struct{ FolderNotes }

// isOne reports whether a folder is the one that was noted, or is missing since. One that a
// killed run was about to make is known by nothing.
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

// identifyFolder returns by what a folder is known as long as it is not made anew.
func identifyFolder(info Info) string {
	var born int64
	if !info.Born.IsZero() {
		born = info.Born.UnixNano()
	}
	return fmt.Sprintf("%s %d %d", folderNote, info.Ino, born)
}
