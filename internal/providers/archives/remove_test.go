package archives_test

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"syscall"
	"testing"

	"converge/internal/providers/archives"
	"converge/internal/resource/resourcetest"
)

// TestRemovalInOnePlace: a removal that cannot move an entry, the first or a later one, leaves the
// tree as it was, and what was kept before.
func TestRemovalInOnePlace(t *testing.T) {
	for _, inTheWay := range []string{"bin", "etc", "current"} {
		m := newMachine(t, "1")
		resourcetest.Converge(t, m.want(t, "source", "v1.tar.gz"))
		put(t, m.root+"/opt/app/lib/mine", "mine")
		kept := m.removedPart(t, "/opt/app", "1")
		put(t, kept+"/"+inTheWay, "kept")
		before, keptBefore := dump(t, m.root, false), dump(t, kept, true)
		if err := m.p.Apply(t.Context(), resourcetest.Plan(t, m.gone(t))); !errors.Is(err, fs.ErrExist) {
			t.Errorf("%s is in the way: %v", inTheWay, err)
		}
		if after := dump(t, m.root, false); after != before {
			t.Errorf("%s is in the way: it was\n%s\nand is\n%s", inTheWay, before, after)
		}
		if after := dump(t, kept, true); after != keptBefore {
			t.Errorf("%s is in the way: kept was\n%s\nand is\n%s", inTheWay, keptBefore, after)
		}
	}
}

// removedPart returns where a run keeps what it removes of a tree.
func (m *machine) removedPart(t testing.TB, at, run string) string {
	t.Helper()
	info, err := os.Stat(m.root + at)
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256([]byte(at))
	return fmt.Sprintf("%s/%s/removed/%s~converge-%s+r%d", m.state, archives.Folder, hex.EncodeToString(sum[:16]), run, info.Sys().(*syscall.Stat_t).Ino)
}
