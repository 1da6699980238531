package facts

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"converge/internal/fsys"
)

// readNames reads the names of the tree, and the running kernel.
func (f *Facts) readNames(t fsys.Files) {
	f.Arch = runtime.GOARCH
	f.DebArch = debArch(runtime.GOARCH)
	var host string
	var u unix.Utsname
	if unix.Uname(&u) == nil {
		host = unix.ByteSliceToString(u.Nodename[:])
		f.Machine = unix.ByteSliceToString(u.Machine[:])
		f.Kernel = parseKernel(unix.ByteSliceToString(u.Sysname[:]), unix.ByteSliceToString(u.Release[:]))
	}
	if !t.IsLive() {
		host = firstWord(readText(t, "/etc/hostname"))
	}
	f.Hostname, _, _ = strings.Cut(host, ".")
	f.FQDN = findFQDN(host, readText(t, "/etc/hosts"))
	f.MachineID = firstWord(readText(t, "/etc/machine-id"))
}

func parseKernel(name, release string) Kernel {
	end := strings.IndexFunc(release, func(r rune) bool { return r != '.' && (r < '0' || r > '9') })
	if end < 0 {
		end = len(release)
	}
	return Kernel{Name: name, Release: release, Version: strings.TrimRight(release[:end], ".")}
}

// findFQDN finds the full name of host in a hosts file, as the resolver's files source would, without a network query.
func findFQDN(host, hosts string) string {
	if host == "" || strings.Contains(host, ".") {
		return host
	}
	for line := range strings.Lines(hosts) {
		line, _, _ = strings.Cut(line, "#")
		fields := strings.Fields(line)
		if len(fields) < 2 {
			continue
		}
		for _, name := range fields[1:] {
			if strings.HasPrefix(name, host+".") {
				return name
			}
		}
	}
	return host
}

func (f *Facts) readHardware() {
	f.CPU.Count = countCPUs(readHead("/sys/devices/system/cpu/online", 4096))
	if f.CPU.Count == 0 {
		f.CPU.Count = runtime.NumCPU()
	}
	// The first processor's entry is enough, and the only cheap one: the kernel generates the others when they are read.
	f.CPU.Model = colonValue(readHead("/proc/cpuinfo", 2048), "model name")
	mem := readHead("/proc/meminfo", 8192)
	f.Memory = Memory{Total: parseKibibytes(colonValue(mem, "MemTotal")), Swap: parseKibibytes(colonValue(mem, "SwapTotal"))}
	f.RootFS = readRootFS()
}

// countCPUs counts the processors of a list like 0-3,6.
func countCPUs(list string) int {
	n := 0
	for part := range strings.SplitSeq(strings.TrimSpace(list), ",") {
		from, to, isRange := strings.Cut(part, "-")
		a, err := strconv.Atoi(from)
		if err != nil {
			return 0
		}
		b := a
		if isRange {
			if b, err = strconv.Atoi(to); err != nil {
				return 0
			}
		}
		if b < a || b > 1<<20 {
			return 0
		}
		n += b - a + 1
	}
	return n
}

func colonValue(text, key string) string {
	for line := range strings.Lines(text) {
		if k, v, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(k) == key {
			return strings.TrimSpace(v)
		}
	}
	return ""
}

func parseKibibytes(s string) uint64 {
	n, err := strconv.ParseUint(strings.TrimSuffix(s, " kB"), 10, 54)
	if err != nil {
		return 0
	}
	return n << 10
}

func firstWord(s string) string {
	if w := strings.Fields(s); len(w) > 0 {
		return w[0]
	}
	return ""
}

func debArch(arch string) string {
	switch arch {
	case "386":
		return "i386"
	case "arm":
		return "armhf"
	case "ppc64le":
		return "ppc64el"
	case "mipsle":
		return "mipsel"
	case "mips64le":
		return "mips64el"
	case "loong64":
		return "loong64"
	}
	return arch
}

// readRootFS reads the size from statfs and the type from the last entry for "/" in the mount table: later mounts cover
// earlier ones.
func readRootFS() RootFS {
	var fs RootFS
	var st unix.Statfs_t
	if unix.Statfs("/", &st) == nil {
		fs.Size = st.Blocks * uint64(st.Bsize)
	}
	for line := range strings.Lines(readHead("/proc/self/mounts", 256<<10)) {
		if w := strings.Fields(line); len(w) > 2 && w[1] == "/" {
			fs.Type = w[2]
		}
	}
	return fs
}

// Boot returns the kernel's id of this boot and the time on CLOCK_MONOTONIC, the clock of systemd's monotonic
// timestamps: together they date a moment independently of changes of the wall clock.
func Boot() (id string, mono time.Duration, err error) {
	b, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return "", 0, fmt.Errorf("cannot read the boot id: %w", err)
	}
	if id = strings.TrimSpace(string(b)); id == "" {
		return "", 0, errors.New("cannot read the boot id: it is empty")
	}
	var ts unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_MONOTONIC, &ts); err != nil {
		return "", 0, fmt.Errorf("cannot read the monotonic clock: %w", err)
	}
	return id, time.Duration(ts.Nano()), nil
}
