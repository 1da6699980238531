package apt

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
)

// archFile lists the architectures of dpkg, once there is more than its own.
const archFile = "/var/lib/dpkg/arch"

// refuseForeign refuses packages of an architecture that dpkg does not take, which a source may offer and apt would
// try. It reports whether it refused any.
func refuseForeign(j *job) (refused bool, err error) {
	for _, it := range j.items {
		_, arch, qualified := strings.Cut(it.name, ":")
		if it.err != nil || it.removes || it.source != "" || !qualified || !it.have.isGone() || j.operationOn(it.name) == nil {
			continue
		}
		text, err := j.sources.Tree.ReadFile(archFile, maxStatus)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return refused, err
		}
		if arch != j.db.native && !slices.Contains(strings.Fields(string(text)), arch) {
			it.err, refused = fmt.Errorf("dpkg takes no packages of architecture %s; dpkg --add-architecture %s lets it", arch, arch), true
		}
	}
	return refused, nil
}
