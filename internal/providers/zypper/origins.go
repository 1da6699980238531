package zypper

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"

	"converge/internal/providers/packages/tool"
	"converge/internal/providers/rpm"
)

// ListOrigins implements [packages.OriginIndex], by one process. zypper prints the names of repositories, not their
// sections.
func (x index) ListOrigins(ctx context.Context, definition string) (within, beside []string, err error) {
	res, err := x.RunLocked(ctx, x.zyppLocks(), lostRace, tool.Command{Argv: x.plainArgv("packages")})
	if err == nil && !isDone(res.Status) {
		err = errors.New(tool.LastLines(res.Stdout+res.Stderr, 1))
	}
	if err != nil {
		return nil, nil, fmt.Errorf("cannot ask what the repositories offer: %w", err)
	}
	own := map[string]bool{}
	for id, section := range rpm.ParseIni(definition) {
		own[cmp.Or(section["name"], id)] = true
	}
	return parsePackages(res.Stdout, own)
}

// parsePackages parses the table of all packages:
//
//	S  | Repository | Name  | Version | Arch
//	---+------------+-------+---------+-------
//	i+ | acme       | nginx | 2.0-1   | noarch
//	i  | @System    | mine  | 1.0-1   | noarch
func parsePackages(out string, own map[string]bool) (within, beside []string, err error) {
	inTable := false
	for line := range strings.Lines(out) {
		fields := strings.Split(line, "|")
		for i := range fields {
			fields[i] = strings.TrimSpace(fields[i])
		}
		switch {
		case len(fields) == 5 && fields[1] == "Repository" && fields[2] == "Name":
			inTable = true
		case !inTable || strings.HasPrefix(line, "--") || strings.TrimSpace(line) == "":
		case len(fields) != 5 || fields[2] == "":
			return nil, nil, fmt.Errorf("zypper answers in an unknown form: %.80q", line)
		case fields[1] == "@System":
		case own[fields[1]]:
			within = append(within, fields[2])
		default:
			beside = append(beside, fields[2])
		}
	}
	if !inTable { // this machine has at least the packages rpm and zypper
		return nil, nil, fmt.Errorf("zypper lists no packages: %s", quoteEnds(out))
	}
	return within, beside, nil
}
