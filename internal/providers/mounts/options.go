package mounts

import (
	"math/bits"
	"slices"
	"strconv"
	"strings"

	"github.com/moby/sys/mountinfo"
	"golang.org/x/sys/unix"

	"converge/internal/edit"
	"converge/resources"
)

// missing returns the wanted options that are not in effect. trusted means that the kernel shows its form of these
// very options since converge set them.
func missing(m *mountinfo.Info, want string, trusted bool) (out []string) {
	have := effectiveOptions(m)
	for _, o := range edit.SplitOptions(want) {
		if o == edit.FstabAny || resources.IsFstabOnly(o) || slices.Contains(have, o) {
			continue
		}
		if resources.IsMountFlag(o) && isFlagMet(have, o) || !resources.IsMountFlag(o) && (trusted || isValueMet(m, have, o)) {
			continue
		}
		out = append(out, o)
	}
	return out
}

// isFlagMet is about flags that are not shown because they are the absence of another.
func isFlagMet(have []string, flag string) bool {
	switch flag {
	case "suid", "dev", "exec", "diratime", "symfollow":
		return !slices.Contains(have, "no"+flag)
	case "atime":
		return !slices.Contains(have, "noatime")
	case "strictatime":
		return !slices.Contains(have, "noatime") && !slices.Contains(have, "relatime")
	case "async":
		return !slices.Contains(have, "sync")
	case "nolazytime":
		return !slices.Contains(have, "lazytime")
	}
	return false
}

// isValueMet compares options that the kernel shows in other words: numbers of another
// base, and the sizes of tmpfs.
func isValueMet(m *mountinfo.Info, have []string, option string) bool {
	name, want, _ := strings.Cut(option, "=")
	i := slices.IndexFunc(have, func(o string) bool { return strings.HasPrefix(o, name+"=") })
	if i < 0 && name == "hidepid" {
		return want == "0" || want == "off"
	}
	if i < 0 {
		return isUnshownDefault(m.FSType, name, want)
	}
	_, now, _ := strings.Cut(have[i], "=")
	switch {
	case name == "subvol":
		return strings.TrimPrefix(now, "/") == strings.TrimPrefix(want, "/")
	case name == "mode" || name == "umask" || name == "fmask" || name == "dmask":
		a, aerr := strconv.ParseUint(now, 8, 32)
		b, berr := strconv.ParseUint(want, 8, 32)
		return aerr == nil && berr == nil && a == b
	case m.FSType == "tmpfs" && (name == "size" || name == "nr_inodes"):
		a, aok := parseSize(now)
		b, bok := parseSize(want)
		if name == "size" {
			a, b = pages(a), pages(b)
		}
		return aok && bok && a == b
	}
	return false
}

// parseSize reads a size as tmpfs does: with k, m, g or t, or as a share of the memory.
func parseSize(text string) (uint64, bool) {
	number := strings.TrimRight(text, "%kKmMgGtTbB")
	n, err := strconv.ParseUint(number, 10, 64)
	if err != nil {
		return 0, false
	}
	switch strings.ToLower(text[len(number):]) {
	case "":
		return n, true
	case "%":
		return n * totalMemory() / 100, n <= 1000
	case "k":
		return shift(n, 10)
	case "m":
		return shift(n, 20)
	case "g":
		return shift(n, 30)
	case "t":
		return shift(n, 40)
	}
	return 0, false
}

func shift(n uint64, by uint) (uint64, bool) { return n << by, bits.LeadingZeros64(n) >= int(by) }

func pages(n uint64) uint64 {
	size := uint64(unix.Getpagesize())
	return (n + size - 1) / size
}

// totalMemory is the base of tmpfs' percentages, in bytes.
func totalMemory() uint64 {
	var s unix.Sysinfo_t
	if unix.Sysinfo(&s) != nil {
		return 0
	}
	return uint64(s.Totalram) * uint64(max(s.Unit, 1)) //nolint:unconvert // 32 bits on some machines
}

// ownSize gives half of the memory in blocks: tmpfs rounds a percentage up, and its own default, which it does not
// show, down. Any other option stays.
func ownSize(fstype, option string) string {
	half := pages(totalMemory()) / 2
	if fstype != "tmpfs" || option != "size=50%" || half == 0 {
		return option
	}
	return "nr_blocks=" + strconv.FormatUint(half, 10)
}
