package facts

import (
	"bytes"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/moby/sys/mountinfo"
	"github.com/zclconf/go-cty/cty"
)

// readMounts reads the mounts of this machine. A tree has none.
func readMounts(root string) (cty.Value, error) {
	if root != "" && root != "/" {
		return toValue(map[string]Mount{})
	}
	const file = "/proc/self/mountinfo"
	text, err := os.ReadFile(file)
	if err != nil {
		return cty.NilVal, fmt.Errorf("cannot find out what is mounted: %w", err)
	}
	mounts, err := parseMounts(text)
	if err != nil {
		return cty.NilVal, fmt.Errorf("cannot read %s: %w", file, err)
	}
	return toValue(mounts)
}

// parseMounts returns the mounts of a mountinfo, see proc(5). Later ones cover earlier ones.
func parseMounts(text []byte) (map[string]Mount, error) {
	all, err := mountinfo.GetMountsFromReader(bytes.NewReader(text), nil)
	if err != nil {
		return nil, err
	}
	out := make(map[string]Mount, len(all))
	for _, m := range all {
		options := strings.Split(m.Options, ",")
		for o := range strings.SplitSeq(m.VFSOptions, ",") {
			switch {
			case o == "ro":
				options[0] = o // it is read-only if either is
			case o != "rw" && !slices.Contains(options, o):
				options = append(options, o)
			}
		}
		out[m.Mountpoint] = Mount{Device: m.Source, Type: m.FSType, Options: options}
	}
	return out, nil
}
