package apt

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
)

// pkg is one package in dpkg's database.
type pkg struct {
	name, arch, version string
	selection           string // the wanted state: install, hold, deinstall, purge, unknown
	broken              bool   // needs to be reinstalled ("reinstreq")
	state               string // the present state: installed, config-files, unpacked, …; see dpkg(1)
	essential           bool   // Essential or Protected: not to be removed
	provides            string // the field Provides
}

// isHeld reports whether someone wants the package left at its version.
func (p pkg) isHeld() bool { return p.selection == "hold" }

// isDamaged reports whether the package's files may be half there: dpkg was killed
// while it unpacked or removed it, and does nothing with it but unpack it again.
func (p pkg) isDamaged() bool { return p.broken || p.state == "half-installed" }

// isInstalled reports whether the package is wholly there.
func (p pkg) isInstalled() bool { return p.state == "installed" && !p.broken }

// isUnpacked reports whether the package's files are all there, and only its
// scripts have not done their part.
func (p pkg) isUnpacked() bool {
	switch p.state {
	case "unpacked", "half-configured", "triggers-awaited", "triggers-pending":
		return !p.broken
	}
	return false
}

// awaitsTriggers reports whether only triggers remain to be run.
func (p pkg) awaitsTriggers() bool {
	return !p.broken && (p.state == "triggers-awaited" || p.state == "triggers-pending")
}

// isGone reports whether nothing is left except, possibly, configuration files.
func (p pkg) isGone() bool {
	return p.state == "" || p.state == "not-installed" || p.state == "config-files"
}

// parseStatus parses stanzas in the form of dpkg's status file and of the
// journal beside it, and calls add for each. It reads the beginning of each line
// only, and not even that once it has all fields of pkg.
func parseStatus(data []byte, add func(pkg)) error {
	var f fields
	for at := 0; at < len(data); {
		end := len(data)
		if i := bytes.IndexByte(data[at:], '\n'); i >= 0 {
			end = at + i
		}
		line := data[at:end]
		at = end + 1
		var err error
		switch {
		case len(line) == 0 && f.seen:
			err = f.finishStanza(add)
		case len(line) > 0 && !f.complete:
			err = f.takeLine(line)
		}
		if err != nil {
			return fmt.Errorf("line %d: %w", 1+bytes.Count(data[:end], []byte{'\n'}), err)
		}
	}
	if !f.seen {
		return nil
	}
	if err := f.finishStanza(add); err != nil {
		return fmt.Errorf("at the end: %w", err)
	}
	return nil
}

// fields are the fields of the present stanza.
type fields struct {
	name, version, provides   []byte
	status, arch              string
	essential, seen, complete bool
	last                      string // architecture of the stanza before
}

// takeLine takes a line of a stanza.
func (f *fields) takeLine(line []byte) error {
	f.seen = true
	if line[0] == ' ' || line[0] == '\t' {
		return nil
	}
	colon := bytes.IndexByte(line, ':')
	if colon <= 0 {
		return fmt.Errorf("%.60q is not a field", line)
	}
	switch string(line[:colon]) { // the compiler makes no copy of it
	case "Package":
		f.name = fieldValue(line, colon)
	case "Status":
		f.status = internText(fieldValue(line, colon), "install ok installed", "")
	case "Version":
		f.version = fieldValue(line, colon)
	case "Architecture":
		f.arch = internText(fieldValue(line, colon), "all", f.last)
		f.last = f.arch
	case "Essential", "Protected":
		f.essential = f.essential || string(fieldValue(line, colon)) == "yes"
	case "Provides":
		f.provides = fieldValue(line, colon)
	case "Depends", "Pre-Depends", "Description":
		f.complete = f.version != nil && f.arch != "" // dpkg writes all of the above before these
	}
	return nil
}

func fieldValue(line []byte, colon int) []byte { return bytes.TrimSpace(line[colon+1:]) }

// internText makes a string, without a copy if it is a usual one.
func internText(b []byte, usual, other string) string {
	switch string(b) {
	case usual:
		return usual
	case other:
		return other
	}
	return string(b)
}

// finishStanza hands the stanza over and makes ready for the next.
func (f *fields) finishStanza(add func(pkg)) error {
	if len(f.name) == 0 {
		return errors.New("a package without a name")
	}
	both := string(f.name) + string(f.version) // one copy, so that the file need not stay in memory
	p := pkg{name: both[:len(f.name)], version: both[len(f.name):], arch: f.arch, essential: f.essential, provides: string(f.provides)}
	if err := p.setStatus(f.status); err != nil {
		return fmt.Errorf("package %.60q: %w", p.name, err)
	}
	*f = fields{last: f.last}
	add(p)
	return nil
}

// setStatus reads "want flag state"; a missing field means not installed.
func (p *pkg) setStatus(s string) error {
	if s == "" {
		p.selection, p.state = "unknown", "not-installed"
		return nil
	}
	if s == "install ok installed" {
		p.selection, p.state = "install", "installed"
		return nil
	}
	f := strings.Fields(s)
	if len(f) != 3 {
		return fmt.Errorf("status %.60q is not three words", s)
	}
	p.selection, p.broken, p.state = f[0], f[1] != "ok", f[2]
	switch p.state {
	case "not-installed", "config-files", "half-installed", "unpacked", "half-configured",
		"triggers-awaited", "triggers-pending", "installed":
		return nil
	}
	return fmt.Errorf("unknown state %.60q", p.state)
}
