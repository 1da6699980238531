package resource

import (
	"fmt"
	"strconv"
	"strings"
)

// ParseAddr reads an address as String writes it. It accepts missing keys:
// file.site is the address of the whole block, see [Addr.Covers].
func ParseAddr(s string) (Addr, error) {
	var a Addr
	rest := s
	var err error
	if a.Kind, rest, err = addrIdent(s, rest); err != nil {
		return Addr{}, err
	}
	for a.Kind == "module" && strings.HasPrefix(rest, ".") {
		var name string
		if name, rest, err = addrIdent(s, rest[1:]); err != nil {
			return Addr{}, err
		}
		key, each := "", strings.HasPrefix(rest, "[")
		if each {
			if key, rest, err = addrIndex(s, rest); err != nil {
				return Addr{}, err
			}
		}
		if !strings.HasPrefix(rest, ".") {
			return Addr{}, addrError(s, "a module's address goes on with .KIND.NAME")
		}
		a.Module = ModulePath(a.Module, name, each, key)
		if a.Kind, rest, err = addrIdent(s, rest[1:]); err != nil {
			return Addr{}, err
		}
	}
	switch {
	case strings.HasPrefix(rest, "."):
		if a.Name, rest, err = addrIdent(s, rest[1:]); err != nil {
			return Addr{}, err
		}
	case strings.HasPrefix(rest, "["):
		if a.Name, rest, err = addrIndex(s, rest); err != nil {
			return Addr{}, err
		}
	default:
		return Addr{}, addrError(s, "want KIND.NAME or KIND[\"NAME\"]")
	}
	if strings.HasPrefix(rest, "[") {
		if a.Key, rest, err = addrIndex(s, rest); err != nil {
			return Addr{}, err
		}
		a.Each = true
	}
	if rest != "" {
		return Addr{}, addrError(s, fmt.Sprintf("%q is left over", rest))
	}
	return a, nil
}

// UnmarshalText reads what MarshalText wrote.
func (a *Addr) UnmarshalText(b []byte) (err error) {
	*a, err = ParseAddr(string(b))
	return err
}

func addrError(s, why string) error { return fmt.Errorf("cannot read address %q: %s", s, why) }

func addrIdent(whole, s string) (ident, rest string, err error) {
	end := strings.IndexAny(s, ".[")
	if end < 0 {
		end = len(s)
	}
	if !IsIdent(s[:end]) {
		return "", "", addrError(whole, fmt.Sprintf("%q is not a name", s[:end]))
	}
	return s[:end], s[end:], nil
}

func addrIndex(whole, s string) (index, rest string, err error) {
	quoted, err := strconv.QuotedPrefix(s[1:])
	if err != nil || quoted[0] != '"' || !strings.HasPrefix(s[1+len(quoted):], "]") {
		return "", "", addrError(whole, "an index is a quoted string in brackets")
	}
	if index, err = strconv.Unquote(quoted); err != nil {
		return "", "", addrError(whole, "an index is a quoted string in brackets")
	}
	return EncodeBytes(index), s[len(quoted)+2:], nil
}
