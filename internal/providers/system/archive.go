package system

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"io/fs"
	"strings"

	"converge/internal/fsys"
	"converge/resources"
)

const (
	localeDir     = "/usr/lib/locale"
	localeArchive = localeDir + "/locale-archive"
)

// readLocales returns the normalized names of all usable locales, as locale -a lists them: those in glibc's archive, in
// the file that a distribution adds to it, and the folders next to it. packaged holds those of folders, which come from
// packages.
func readLocales(f *fsys.FS) (all, packaged map[string]bool, err error) {
	all, packaged = map[string]bool{}, map[string]bool{}
	file, err := f.Open(localeArchive)
	if err == nil {
		defer file.Close()
		err = readArchive(file, func(name string) { all[normalizeLocale(name)] = true })
	}
	if err = ignoreMissing(err); err != nil {
		return nil, nil, err
	}
	names, err := f.Names(localeDir)
	if err = ignoreMissing(err); err != nil {
		return nil, nil, err
	}
	for _, name := range names {
		info, err := f.Stat(localeDir + "/" + name)
		if err == nil && info.Type == fsys.Directory {
			_, err = f.Stat(localeDir + "/" + name + "/LC_IDENTIFICATION")
		}
		switch {
		case err != nil && !errors.Is(err, fs.ErrNotExist):
			return nil, nil, err
		case err == nil && info.Type == fsys.Directory:
			all[normalizeLocale(name)], packaged[normalizeLocale(name)] = true, true
		}
	}
	return all, packaged, nil
}

// normalizeLocale returns a locale's name as glibc compares it: only letters and digits of the codeset, in lower case.
func normalizeLocale(name string) string {
	base, modifier, isModified := strings.Cut(resources.LocaleName(name), "@")
	language, codeset, hasCodeset := strings.Cut(base, ".")
	if hasCodeset {
		codeset = strings.Map(func(r rune) rune {
			switch {
			case r >= 'A' && r <= 'Z':
				return r + 'a' - 'A'
			case r >= 'a' && r <= 'z', r >= '0' && r <= '9':
				return r
			}
			return -1
		}, codeset)
		language += "." + codeset
	}
	if isModified {
		language += "@" + modifier
	}
	return language
}

// archiveHead is the beginning of glibc's locale archive (struct locarhead).
type archiveHead struct {
	Magic, Serial                           uint32
	HashOffset, HashUsed, HashSize          uint32
	StringOffset, StringUsed, StringSize    uint32
	RecordOffset, RecordUsed, RecordSize    uint32
	SumHashOffset, SumHashUsed, SumHashSize uint32
}

// archiveEntry is one name of the archive (struct namehashent).
type archiveEntry struct{ Hash, Name, Record uint32 }

const (
	archiveMagic   = 0xde020109
	maxArchiveSize = 16 << 20 // limit of the tables' bytes that are read
)

var errArchive = errors.New("cannot read " + localeArchive + ": it is no locale archive")

// readArchive calls add for each name in a locale archive; it does not read their data.
func readArchive(r io.ReaderAt, add func(name string)) error {
	var head archiveHead
	if err := binary.Read(io.NewSectionReader(r, 0, 1<<10), binary.NativeEndian, &head); err != nil || head.Magic != archiveMagic {
		return errArchive
	}
	if int64(head.HashSize)*12 > maxArchiveSize || head.StringSize > maxArchiveSize || head.StringUsed > head.StringSize {
		return errArchive
	}
	entries := make([]archiveEntry, head.HashSize)
	if err := binary.Read(io.NewSectionReader(r, int64(head.HashOffset), int64(head.HashSize)*12), binary.NativeEndian, entries); err != nil {
		return errArchive
	}
	text := make([]byte, head.StringUsed)
	if _, err := r.ReadAt(text, int64(head.StringOffset)); err != nil {
		return errArchive
	}
	for _, e := range entries {
		if e.Record == 0 {
			continue
		}
		at := int64(e.Name) - int64(head.StringOffset)
		if at < 0 || at >= int64(len(text)) {
			return errArchive
		}
		name, _, _ := bytes.Cut(text[at:], []byte{0})
		add(string(name))
	}
	return nil
}
