package facts

import (
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
)

func readInterfaces() (map[string]Interface, error) {
	ifs, err := net.Interfaces()
	if err != nil {
		return nil, fmt.Errorf("cannot list the network interfaces: %w", err)
	}
	out := make(map[string]Interface, len(ifs))
	for i := range ifs {
		addrs, err := ifs[i].Addrs()
		if err != nil {
			continue // it disappeared in the meantime
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

// defaultRoute returns the interface of the IPv4 default route with the lowest metric; empty if there is none.
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

// defaultRoute6 does the same for IPv6, whose table is entirely in hexadecimal.
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

// choosePrimary chooses the addresses by which other machines are likely to know this one.
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
