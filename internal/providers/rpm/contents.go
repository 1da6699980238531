package rpm

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"converge/internal/providers/packages"
	"converge/internal/providers/packages/tool"
)

// SavedSuffix is the suffix that rpm appends to a changed configuration file when it removes the package.
const SavedSuffix = ".rpmsave"

// Flags of a file (rpmfiles.h).
const (
	isConfig = 1 << 0
	isGhost  = 1 << 6
)

// ListContents returns the files of installed packages.
func (r Reader) ListContents(ctx context.Context, ps ...packages.Package) (packages.Contents, error) {
	argv := []string{"rpm", "-q", "--qf", `[f\t%{FILEFLAGS}\t%{FILENAMES}\n]`, "--"}
	names := make([]string, len(ps))
	for i, p := range ps {
		names[i] = p.Name
		argv = append(argv, fullName(p))
	}
	res, err := r.Host.Run(ctx, tool.Command{Argv: argv})
	if err == nil && res.Status != 0 {
		err = errors.New(tool.LastLines(res.Stdout+res.Stderr, 1))
	}
	if err != nil {
		return packages.Contents{}, fmt.Errorf("cannot list the files of %s: %w", strings.Join(names, ", "), err)
	}
	return parseContents(res.Stdout)
}

// parseContents parses lines with a file's flags and name. A package without files has no lines. It skips ghosts: they
// belong to a package, but the package does not install them.
func parseContents(out string) (packages.Contents, error) {
	var c packages.Contents
	for line := range strings.Lines(out) {
		line = strings.TrimSuffix(line, "\n")
		if line == "" || line == "(none)" || strings.HasPrefix(line, "f\t(none)") {
			continue
		}
		kind, rest, _ := strings.Cut(line, "\t")
		flags, name, ok := strings.Cut(rest, "\t")
		n, err := strconv.ParseUint(flags, 10, 32)
		if kind != "f" || !ok || err != nil || !strings.HasPrefix(name, "/") {
			return c, fmt.Errorf("rpm answers in an unknown form: %.80q", line)
		}
		if n&isGhost != 0 {
			continue
		}
		c.Paths = append(c.Paths, name)
		if n&isConfig != 0 {
			c.Config = append(c.Config, name)
		}
	}
	return c, nil
}

func withoutEpoch(v string) string {
	if _, rest, ok := strings.Cut(v, ":"); ok {
		return rest
	}
	return v
}
