package facts

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// readNames finds the names of the tree, and the kernel that runs.
func (f *Facts) readNames(t *tree) {
	f.Arch = runtime.GOARCH
	f.DebArch = debArch(runtime.GOARCH)
	var host string
	var u unix.Utsname
	if unix.Uname(&u) == nil {
		host = unix.ByteSliceToString(u.Nodename[:])
		f.Machine = unix.ByteSliceToString(u.Machine[:])
		f.Kernel = parseKernel(unix.ByteSliceToString(u.Sysname[:]), unix.ByteSliceToString(u.Release[:]))
	}
	if !t.isLive() {
		host = firstWord(t.readText("etc/hostname"))
	}
	f.Hostname, _, _ = strings.Cut(host, ".")
	f.FQDN = findFQDN(host, t.readText("etc/hosts"))
	f.MachineID = firstWord(t.readText("etc/machine-id"))
}

func parseKernel(name, release string) Kernel {
	end := strings.IndexFunc(release, func(r rune) bool { return r != '.' && (r < '0' || r > '9') })
	if end < 0 {
		end = len(release)
	}
	return Kernel{Name: name, Release: release, Version: strings.TrimRight(release[:end], ".")}
}

// findFQDN finds the full name of host in a hosts file, as the resolver's files
// source would, without asking any server.
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
	// The first processor's entry is enough, and the only cheap one: the
	// kernel makes up the others as they are read.
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

// readRootFS tells size from statfs and the type from the mount table's entry
// for "/", the last one if there are several: they are stacked.
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

// Boot returns the kernel's id of this boot and the time on CLOCK_MONOTONIC,
// the clock that systemd's monotonic timestamps use: together they date a
// moment so that steps of the wall clock do not matter.
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

func readInterfaces() (map[string]Interface, error) {
	ifs, err := net.Interfaces()
	if err != nil {
		return nil, fmt.Errorf("cannot list the network interfaces: %w", err)
	}
	out := make(map[string]Interface, len(ifs))
	for i := range ifs {
		addrs, err := ifs[i].Addrs()
		if err != nil {
			continue // it went away in between
		}
		f := Interface{
			MAC: ifs[i].HardwareAddr.String(), MTU: ifs[i].MTU,
			Up: ifs[i].Flags&net.FlagUp != 0, Addresses: make([]string, len(addrs)),
		}
		for k, a := range addrs {
			f.Addresses[k] = a.String()
		}
		out[ifs[i].Name] = f
	}
	return out, nil
}

// defaultRoute names the interface of the IPv4 default route with the least
// metric; empty if there is none.
func defaultRoute() string { return parseRoutes(readHead("/proc/net/route", 64<<10)) }

func parseRoutes(table string) string {
	best, name := "", ""
	for line := range strings.Lines(table) {
		w := strings.Fields(line) // Iface Destination Gateway Flags RefCnt Use Metric Mask …
		if len(w) < 8 || w[1] != "00000000" || w[7] != "00000000" {
			continue
		}
		if metric := fmt.Sprintf("%20s", w[6]); name == "" || metric < best {
			best, name = metric, w[0]
		}
	}
	return name
}

// defaultRoute6 is the same for IPv6; its table is in hexadecimal throughout.
func defaultRoute6() string { return parseRoutes6(readHead("/proc/net/ipv6_route", 64<<10)) }

func parseRoutes6(table string) string {
	const any6 = "00000000000000000000000000000000"
	best, name := "", ""
	for line := range strings.Lines(table) {
		w := strings.Fields(line) // dest len src len next metric refs use flags iface
		if len(w) < 10 || w[0] != any6 || w[1] != "00" || w[9] == "lo" {
			continue
		}
		if name == "" || w[5] < best {
			best, name = w[5], w[9]
		}
	}
	return name
}

// choosePrimary picks the addresses by which others are likely to know the machine.
func choosePrimary(ifs map[string]Interface, route4, route6 string) (v4, v6 string) {
	pick := func(name string, want func(netip.Addr) bool) string {
		i := slices.IndexFunc(ifs[name].Addresses, func(s string) bool {
			p, err := netip.ParsePrefix(s)
			return err == nil && p.Addr().IsGlobalUnicast() && want(p.Addr())
		})
		if i < 0 {
			return ""
		}
		addr, _, _ := strings.Cut(ifs[name].Addresses[i], "/")
		return addr
	}
	return pick(route4, netip.Addr.Is4), pick(route6, netip.Addr.Is6)
}
