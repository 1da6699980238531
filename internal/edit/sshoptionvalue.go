package edit

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"
)

// The following checks options as sshd does (auth-options.c of OpenSSH), which ignores the whole line of a key because
// of one that it refuses.

// isFlagOption reports whether sshd knows an option without a value.
func isFlagOption(name string) bool {
	switch name {
	case "cert-authority", "restrict":
		return true
	}
	switch strings.TrimPrefix(name, "no-") {
	case "agent-forwarding", "port-forwarding", "pty", "touch-required", "user-rc", "verify-required", "x11-forwarding":
		return true
	}
	return false
}

// isValueOption reports whether sshd knows an option with a value.
func isValueOption(name string) bool {
	switch name {
	case "command", "environment", "expiry-time", "from", "permitlisten", "permitopen", "principals", "tunnel":
		return true
	}
	return false
}

// checkOptionNames refuses options that sshd accepts only once, and one that it ignores without another one.
func checkOptionNames(names []string) error {
	for i, name := range names {
		switch {
		case (name == "command" || name == "from" || name == "principals") && slices.Contains(names[:i], name):
			return fmt.Errorf("has %q twice, which sshd takes once: it would ignore the key", name)
		case name == "principals" && !slices.Contains(names, "cert-authority"):
			return errors.New(`has "principals" without "cert-authority": sshd ignores it, so that it limits nothing`)
		}
	}
	return nil
}

// checkOptionValue refuses a value that sshd does not accept.
func checkOptionValue(name, value string) error {
	switch name {
	case "environment":
		return checkEnvironment(value)
	case "expiry-time":
		return checkExpiryTime(value)
	case "from":
		return checkFrom(value)
	case "permitlisten":
		if !strings.Contains(value, ":") { // only a port
			value = "*:" + value
		}
		return checkForward(value)
	case "permitopen":
		return checkForward(value)
	case "principals":
		if value == "" {
			return errors.New("no certificate has no name: it lets nobody in")
		}
	case "tunnel":
		if _, err := strconv.ParseUint(value, 10, 31); err != nil && !strings.EqualFold(value, "any") {
			return errors.New("sshd takes the number of a tun device, or any")
		}
	}
	return nil
}

func checkEnvironment(value string) error {
	name, _, ok := strings.Cut(value, "=")
	isOther := func(r rune) bool {
		return r != '_' && (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z')
	}
	if !ok || name == "" || strings.ContainsFunc(name, isOther) {
		return errors.New("sshd takes NAME=value, with a name of letters, digits and underscores")
	}
	return nil
}

func checkExpiryTime(value string) error {
	day := strings.TrimSuffix(strings.TrimSuffix(strings.ToUpper(value), "UTC"), "Z")
	for _, layout := range []string{"20060102", "200601021504", "20060102150405"} {
		if t, err := time.Parse(layout, day); err == nil && t.Year() >= 1970 {
			return nil
		}
	}
	return errors.New("sshd takes YYYYMMDD, YYYYMMDDHHMM or YYYYMMDDHHMMSS, with Z behind it for UTC")
}

// checkFrom refuses a list of patterns with which sshd admits nobody.
func checkFrom(value string) error {
	matches := false
	for pattern := range strings.SplitSeq(value, ",") {
		pattern, negated := strings.CutPrefix(pattern, "!")
		if pattern == "" {
			return errors.New("a pattern in it is empty: sshd refuses the whole list")
		}
		matches = matches || !negated
		if err := checkNetwork(pattern); err != nil {
			return err
		}
	}
	if !matches {
		return errors.New(`all of it is negated, which lets nobody in: add "*"`)
	}
	return nil
}

// checkNetwork refuses a network that sshd does not accept. A text that is not a network is a pattern.
func checkNetwork(pattern string) error {
	text, bits, ok := strings.Cut(pattern, "/")
	addr, err := netip.ParseAddr(text)
	if !ok || err != nil {
		return nil //nolint:nilerr // a pattern
	}
	n, err := strconv.Atoi(bits)
	if err != nil || n < 0 || n > addr.BitLen() {
		return fmt.Errorf("%q is no network: a length up to %d comes behind the slash", pattern, addr.BitLen())
	}
	if network := netip.PrefixFrom(addr, n).Masked(); network.Addr() != addr {
		return fmt.Errorf("%q has bits behind its length, so that sshd refuses the whole list: did you mean %q?", pattern, network)
	}
	return nil
}

// checkForward refuses a destination that is not HOST:PORT.
func checkForward(value string) error {
	host, port, ok := strings.Cut(value, ":")
	if rest, bracketed := strings.CutPrefix(value, "["); bracketed {
		host, port, ok = strings.Cut(rest, "]:")
	}
	if _, err := netip.ParseAddr(value); err == nil {
		return fmt.Errorf("it has no port: did you mean \"[%s]:*\"?", value)
	}
	if !ok || host == "" || !isPort(port) {
		return errors.New("sshd takes HOST:PORT, with an address of IPv6 in brackets, and * for any port")
	}
	return nil
}

// isPort reports whether a text is a port, "*", or may be the name of a service.
func isPort(text string) bool {
	if n, err := strconv.ParseUint(text, 10, 16); err == nil {
		return n > 0
	}
	isOther := func(r rune) bool { return r != '-' && r != '_' && (r < '0' || r > '9') && (r < 'a' || r > 'z') }
	isLetter := func(r rune) bool { return r >= 'a' && r <= 'z' }
	name := strings.ToLower(text)
	return text == "*" || strings.ContainsFunc(name, isLetter) && !strings.ContainsFunc(name, isOther)
}
