package initd

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strings"

	"converge/internal/fsys"
)

// scripts is the folder of the scripts.
const scripts = "/etc/init.d"

// maxScript bounds the bytes read of a script.
const maxScript = 1 << 20

// script is the script of a service.
type script struct {
	name string
	path string // with the links resolved; "": there is none
	text string
	info fsys.Info
	link bool // it is a link to another script, which serves several names

	native bool   // OpenRC runs it; otherwise it is a program that the shell runs
	header header // its LSB header, or the administrator's in its place
}

func (s script) isThere() bool { return s.path != "" }

// isMasked reports whether nothing can start the service, by hand, at boot or as a
// dependency: its script is no program.
func (s script) isMasked() bool { return s.isThere() && s.info.Mode&0o111 == 0 }

// readScript reads the script of a service.
func readScript(f *fsys.FS, name string) (script, error) {
	s := script{name: name}
	own := scripts + "/" + name
	real, err := f.Resolve(own)
	if isMissing(err) {
		return s, nil // or it is a dangling link
	}
	if err == nil {
		s.info, err = f.Stat(real)
	}
	if err == nil && s.info.Type != fsys.Regular {
		err = fmt.Errorf("%s is %s", real, s.info.Type)
	}
	var text []byte
	if err == nil {
		text, err = f.ReadFile(real, maxScript)
	}
	if isMissing(err) {
		return s, nil
	}
	if err != nil {
		return s, fmt.Errorf("cannot look at service %s: %w", name, err)
	}
	info, err := f.Lstat(own)
	if err != nil {
		return s, fmt.Errorf("cannot look at service %s: %w", name, err)
	}
	s.path, s.text, s.link = real, string(text), info.Type == fsys.Symlink
	s.native = isNative(s.interpreter())
	s.header = parseHeader(s.text)
	if text, err := f.ReadFile("/etc/insserv/overrides/"+name, maxScript); err == nil {
		if over := parseHeader(string(text)); over.found {
			s.header = over // insserv(8): it precedes the script's own
		}
	}
	return s, nil
}

// interpreter returns the words of the script's first line, without "#!"; the shell's if there are none.
func (s script) interpreter() []string {
	line, _, _ := strings.Cut(s.text, "\n")
	words, ok := strings.CutPrefix(line, "#!")
	if f := strings.Fields(words); ok && len(f) > 0 {
		return f
	}
	return []string{"/bin/sh"}
}

// isNative reports, by its interpreter, whether a script is OpenRC's own.
func isNative(interpreter []string) bool {
	for _, word := range interpreter {
		switch path.Base(word) {
		case "openrc-run", "runscript":
			return true
		}
	}
	return false
}

func isMissing(err error) bool { return errors.Is(err, fs.ErrNotExist) }
