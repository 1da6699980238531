package cli

import (
	"context"
	"fmt"

	"converge/internal/stow/cli/getopt"
)

// runChkstow is the program of that name. It never fails: it reports what it
// cannot read, and continues.
func (r *run) runChkstow(ctx context.Context) error {
	dir, _ := r.Lookup("STOW_DIR")
	if dir == "" {
		dir = "/usr/local/"
	}
	byDefault := dir
	c := checker{opener: r.opener, named: gnuNamed}
	lists := map[string]List{"b": BadLinks, "a": Aliens, "l": Packages}
	parser := getopt.Parser{
		Specs: []getopt.Spec{
			{Name: "b", Aliases: []string{"badlinks"}},
			{Name: "a", Aliases: []string{"aliens"}},
			{Name: "l", Aliases: []string{"list"}},
			{Name: "t", Aliases: []string{"target"}, Kind: getopt.Text},
		},
		Option: func(g getopt.Got) error {
			if g.Name == "t" {
				dir = g.Text
			} else {
				c.list = lists[g.Name]
			}
			return nil
		},
		Word: func(string) {},
		Warn: r.warn,
	}
	if _, ok := parser.Parse(r.Args); !ok || len(r.Args) == 0 {
		r.printChkstowUsage(byDefault)
		return nil
	}
	return c.walkTree(ctx, dir)
}

func (p *printer) printChkstowUsage(byDefault string) {
	fmt.Fprintf(p.Stdout, `USAGE: %s [options]

Options:
    -t DIR, --target=DIR  Look at DIR, the target
                          (default is %s)
    -b, --badlinks        Print links that lead nowhere
    -a, --aliens          Print files and other things that are not links
    -l, --list            Print the names of the packages that links lead to

--badlinks is the default mode.
`, p.programName(), byDefault)
}
