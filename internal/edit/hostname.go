package edit

import (
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
)

// NormalHost returns the name by which ssh searches for a host: in lower case, and in brackets with a port only if that
// is not 22.
func NormalHost(name string) (string, error) {
	host, port := strings.ToLower(name), uint64(sshPort)
	if rest, ok := strings.CutPrefix(host, "["); ok {
		inner, text, ok := strings.Cut(rest, "]:")
		n, err := strconv.ParseUint(text, 10, 16)
		if !ok || err != nil || n == 0 {
			return "", errors.New(`must have a port behind the brackets: "[git.example.com]:2222"`)
		}
		host, port = inner, n
	}
	switch {
	case host == "" || strings.ContainsAny(host, " \t\r\n\x00,[]|#@\"") || host[0] == '!':
		return "", errors.New(`must be one name or address of a host, such as "git.example.com" or "[git.example.com]:2222"`)
	case strings.ContainsAny(host, "*?"):
		return "", errors.New("must be one host, and no pattern: use the kind line for a pattern")
	}
	if err := checkColons(host); err != nil {
		return "", err
	}
	return joinPort(host, port), nil
}

// sshPort is the port of a host without a given port.
const sshPort = 22

// joinPort returns a host with a port in ssh's notation.
func joinPort(host string, port uint64) string {
	if port == sshPort {
		return host
	}
	return "[" + host + "]:" + strconv.FormatUint(port, 10)
}

// checkColons refuses a name with colons that is not an address of IPv6.
func checkColons(host string) error {
	name, text, hasColon := strings.Cut(host, ":")
	if !hasColon {
		return nil
	}
	if _, err := netip.ParseAddr(host); err == nil {
		return nil
	}
	if port, err := strconv.ParseUint(text, 10, 16); err == nil && port > 0 && name != "" {
		return fmt.Errorf("must have its port as ssh writes it: did you mean %q?", joinPort(name, port))
	}
	return errors.New(`has a colon and is no address of IPv6: a port is written "[git.example.com]:2222"`)
}

// MatchPattern matches a text with a pattern of ssh_config(5): "*" matches any text, "?" any one character.
func MatchPattern(pattern, text string) bool {
	star, at := -1, 0
	i := 0
	for j := 0; j < len(text); {
		switch {
		case i < len(pattern) && pattern[i] == '*':
			star, at = i, j
			i++
		case i < len(pattern) && (pattern[i] == '?' || pattern[i] == text[j]):
			i++
			j++
		case star >= 0:
			at++
			i, j = star+1, at
		default:
			return false
		}
	}
	return strings.Trim(pattern[i:], "*") == ""
}
