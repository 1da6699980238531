package apt

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
)

// pkg is one package as dpkg's database has it.
type pkg struct {
	name, arch, version string
	selection           string // what is wanted: install, hold, deinstall, purge, unknown
	broken              bool   // needs to be reinstalled ("reinstreq")
	state               string // what is: installed, config-files, unpacked, …; see dpkg(1)
	essential           bool   // Essential or Protected: not to be removed
}

// held reports whether someone wants the package left at its version.
func (p pkg) held() bool { return p.selection == "hold" }

// installed reports whether the package is wholly there.
func (p pkg) installed() bool { return p.state == "installed" && !p.broken }

// gone reports whether nothing is left but, possibly, configuration files.
func (p pkg) gone() bool {
	return p.state == "" || p.state == "not-installed" || p.state == "config-files"
}

// parseStatus reads stanzas as dpkg keeps them in its status file and in the
// journal beside it, and calls add for each. Only what pkg holds is looked at:
// the rest of a stanza is skipped in one search for the empty line behind it.
func parseStatus(data []byte, add func(pkg)) error {
	for start := 0; start < len(data); {
		if data[start] == '\n' {
			start++
			continue
		}
		end := len(data)
		if i := bytes.Index(data[start:], []byte("\n\n")); i >= 0 {
			end = start + i + 1
		}
		p, err := parseStanza(data[start:end])
		if err != nil {
			return fmt.Errorf("line %d: %w", 1+bytes.Count(data[:start], []byte{'\n'}), err)
		}
		add(p)
		start = end
	}
	return nil
}

func parseStanza(stanza []byte) (pkg, error) {
	var p pkg
	var status []byte
	var name, version, arch []byte
	for rest := stanza; len(rest) > 0; {
		line := rest
		if i := bytes.IndexByte(rest, '\n'); i >= 0 {
			line, rest = rest[:i], rest[i+1:]
		} else {
			rest = nil
		}
		if line[0] == ' ' || line[0] == '\t' {
			continue
		}
		colon := bytes.IndexByte(line, ':')
		if colon <= 0 {
			return p, fmt.Errorf("%.60q is not a field", line)
		}
		value := bytes.TrimSpace(line[colon+1:])
		switch string(line[:colon]) { // the compiler makes no copy of it
		case "Package":
			name = value
		case "Status":
			status = value
		case "Version":
			version = value
		case "Architecture":
			arch = value
		case "Essential", "Protected":
			p.essential = p.essential || string(value) == "yes"
		case "Description":
			rest = nil // dpkg writes it after all of the above
		}
	}
	if len(name) == 0 {
		return p, errors.New("a package without a name")
	}
	if err := p.setStatus(status); err != nil {
		return p, fmt.Errorf("package %.60q: %w", name, err)
	}
	// One copy for all three, so that the file need not stay in memory.
	all := string(name) + string(version) + string(arch)
	n, v := len(name), len(name)+len(version)
	p.name, p.version, p.arch = all[:n], all[n:v], all[v:]
	return p, nil
}

// setStatus reads "want flag state"; a missing field means not installed.
func (p *pkg) setStatus(s []byte) error {
	if len(s) == 0 {
		p.selection, p.state = "unknown", "not-installed"
		return nil
	}
	if string(s) == "install ok installed" { // nearly always: spare the copy
		p.selection, p.state = "install", "installed"
		return nil
	}
	f := strings.Fields(string(s))
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
