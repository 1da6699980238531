package stow2

import (
	"fmt"
	"io"
	"path/filepath"
	"strings"
)

// gnuVersion is the version of GNU Stow that stow2 behaves as.
const gnuVersion = "2.4.1"

// version ends as GNU Stow's does, for scripts that ask which version it is.
func (r *run) version() {
	fmt.Fprintf(r.Stdout, "%s (converge %s, in the manner of GNU Stow) version %s\n", r.name(), r.Version, gnuVersion)
}

// name is what the program was called as.
func (r *run) name() string { return filepath.Base(r.Name) }

// usage prints the help.
func (r *run) usage() {
	r.version()
	fmt.Fprintf(r.Stdout, `
SYNOPSIS:

    %[1]s [OPTION ...] [-D|-S|-R] PACKAGE ... [-D|-S|-R] PACKAGE ...

OPTIONS:

`, r.name())
	help(r.Stdout, GNU)
	fmt.Fprint(r.Stdout, "\nOPTIONS THAT GNU STOW HAS NOT:\n\n")
	help(r.Stdout, Added)
	fmt.Fprint(r.Stdout, "\nWITH --check:\n\n")
	help(r.Stdout, Lists)
	fmt.Fprint(r.Stdout, `
PACKAGE may be NAME/VERSION where a package has versions, in directories of their
own: what the target shows of the others is replaced. NAME/:config is what stays.
Options may stand behind packages, and long ones may be cut short. More of them
are read from ~/.stowrc and ./.stowrc.
Exit status: 0 done; 1 conflicts or a wrong command line, nothing changed; 2 failed;
3 another package manager holds it; 4 interrupted, and not to be repaired now.
`)
}

// The columns of the help.
const (
	helpIndent = 4
	helpColumn = 26
	helpWidth  = 80
)

// help prints what the options of one part do.
func help(w io.Writer, part Part) {
	for _, o := range Options() {
		if o.Part != part {
			continue
		}
		head := strings.Repeat(" ", helpIndent) + o.Usage()
		for _, line := range fill(o.Doc, helpWidth-helpColumn) {
			if len(head) >= helpColumn {
				fmt.Fprintln(w, head)
				head = ""
			}
			fmt.Fprintf(w, "%-*s%s\n", helpColumn, head, line)
			head = ""
		}
	}
}

// Usage is how the option is written: "-d DIR, --dir=DIR".
func (o Option) Usage() string {
	var names []string
	for _, n := range o.Names {
		switch optional := strings.HasPrefix(o.Arg, "["); {
		case o.Arg == "", optional && !strings.HasPrefix(n, "--"):
		case optional:
			n += "[=" + o.Arg[1:]
		case strings.HasPrefix(n, "--"):
			n += "=" + o.Arg
		default:
			n += " " + o.Arg
		}
		names = append(names, n)
	}
	return strings.Join(names, ", ")
}

// fill breaks a text into lines.
func fill(text string, width int) []string {
	var lines []string
	line := ""
	for _, w := range strings.Fields(text) {
		switch {
		case line == "":
			line = w
		case len(line)+1+len(w) > width:
			lines = append(lines, line)
			line = w
		default:
			line += " " + w
		}
	}
	return append(lines, line)
}
