package resources

import "strings"

// listedMode recognises a mode in the form in which ls(1) lists it,
// "-rw-r--r--" with or without the type and the mark for an access list, and
// returns it in octal. chmod(1) would read most of these as "remove".
func listedMode(s string) (octal string, ok bool) {
	if n := len(s); n > 9 && strings.IndexByte(".+@", s[n-1]) >= 0 {
		s = s[:n-1]
	}
	if len(s) == 10 && strings.IndexByte("-dlbcpsDCMnP", s[0]) >= 0 {
		s = s[1:]
	}
	if len(s) != 9 {
		return "", false
	}
	const letters = "rwxrwxrwx"
	special := [3]string{"sS", "sS", "tT"}
	var bits uint32
	for i := range 9 {
		bit := uint32(0o400) >> i
		switch c := s[i]; {
		case c == letters[i]:
			bits |= bit
		case c == '-':
		case i%3 == 2 && strings.IndexByte(special[i/3], c) >= 0:
			bits |= 0o4000 >> (i / 3)
			if c == special[i/3][0] {
				bits |= bit
			}
		default:
			return "", false
		}
	}
	return FormatMode(bits), true
}
