package cli

import (
	"fmt"
	"io"
	"path/filepath"
	"strings"
)

// gnuVersion is the version of GNU Stow whose behaviour stow2 has.
const gnuVersion = "2.4.1"

// printVersion prints the version with the same ending as GNU Stow's, for scripts that parse it.
func (p *printer) printVersion() {
	fmt.Fprintf(p.Stdout, "%s (converge %s, in the manner of GNU Stow) version %s\n", p.programName(), p.Version, gnuVersion)
}

// programName returns the name that the program was called by.
func (p *printer) programName() string { return filepath.Base(p.Name) }

// printShortUsage prints the answer to a wrong command line: the message, which comes last, matters most.
func (p *printer) printShortUsage() {
	fmt.Fprintf(p.Stdout, "SYNOPSIS: %[1]s [OPTION ...] [-D|-S|-R] PACKAGE ...\n%[1]s --help explains the options.\n", p.programName())
}

// printUsage prints the help. Its first line omits the version of converge, which git may make wider than a terminal.
func (p *printer) printUsage() {
	fmt.Fprintf(p.Stdout, `%[1]s (in the manner of GNU Stow) version %[2]s

Makes software that is installed in directories of its own, the packages, appear
in one place, such as /usr/local, by symbolic links.

SYNOPSIS:

    %[1]s [OPTION ...] [-D|-S|-R] PACKAGE ... [-D|-S|-R] PACKAGE ...

OPTIONS:

`, p.programName(), gnuVersion)
	printHelp(p.Stdout, GNU)
	fmt.Fprint(p.Stdout, "\nOPTIONS THAT GNU STOW DOES NOT HAVE:\n\n")
	printHelp(p.Stdout, Added)
	fmt.Fprint(p.Stdout, "\nWITH --check:\n\n")
	printHelp(p.Stdout, Lists)
	fmt.Fprint(p.Stdout, `
PACKAGE may be NAME/VERSION if each version of a package has its own directory;
that version replaces the version that is shown. NAME/:config contains the files
that stay when versions change.

Options may follow packages, and long options may be abbreviated. stow2 also
reads options from ~/.stowrc and ./.stowrc. Manual pages: stow2(8),
stow2-protocol(7).

Exit status: 0 done; 1 conflicts or a wrong command line, nothing was changed;
2 failed; 3 another package manager holds the package, or the version is in use;
4 an interrupted change was found and not repaired; 5 a required package is not
available.
`)
}

// The columns of the help.
const (
	helpIndent = 4
	helpColumn = 26
	helpWidth  = 80
)

// printHelp prints the help of the options of one part.
func printHelp(w io.Writer, part Part) {
	for _, o := range Options() {
		if o.Part != part {
			continue
		}
		if o.starts {
			fmt.Fprintln(w)
		}
		head := strings.Repeat(" ", helpIndent) + o.Usage()
		for _, line := range fillLines(o.Doc, helpWidth-helpColumn) {
			if len(head) >= helpColumn {
				fmt.Fprintln(w, head)
				head = ""
			}
			fmt.Fprintf(w, "%-*s%s\n", helpColumn, head, line)
			head = ""
		}
	}
}

// Usage returns the option as in "-d DIR, --dir=DIR".
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

// fillLines breaks a text into lines.
func fillLines(text string, width int) []string {
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
