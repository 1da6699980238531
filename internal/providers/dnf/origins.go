package dnf

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"converge/internal/providers/packages/tool"
	"converge/internal/providers/rpm"
)

// ListOrigins implements [packages.OriginIndex], by one process.
func (x index) ListOrigins(ctx context.Context, definition string) (within, beside []string, err error) {
	argv := x.argv("-C", "-q", "repoquery", "--qf", "%{name}\t%{repoid}")
	res, err := x.RunLocked(ctx, x.indexLocks(), lostRace, tool.Command{Argv: argv})
	if err == nil && res.Status != 0 {
		err = errors.New(firstError(res))
	}
	if err != nil {
		return nil, nil, fmt.Errorf("cannot ask what the repositories offer: %w", err)
	}
	own := rpm.ParseIni(definition)
	for line := range strings.Lines(res.Stdout) {
		name, repo, ok := strings.Cut(strings.TrimSuffix(line, "\n"), "\t")
		switch _, isOwn := own[repo]; {
		case !ok:
			return nil, nil, fmt.Errorf("dnf answers in an unknown form: %.80q", line)
		case isOwn:
			within = append(within, name)
		default:
			beside = append(beside, name)
		}
	}
	return within, beside, nil
}
