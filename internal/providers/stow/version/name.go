package version

import "strings"

// IsName reports whether a directory that nothing else says is a version may be
// taken for one: its name holds a digit, and is no dotfile's. So ordinary
// packages such as bin/.local/bin, .emacs.d/lib and texmf/share are not taken
// for packages with versions (question 3 of the protocol).
func IsName(name string) bool {
	return strings.ContainsAny(name, "0123456789") && !strings.HasPrefix(name, ".") && !strings.HasPrefix(name, "dot-")
}

// Suspected reports whether a directory may be taken for a version though
// nobody has called it one. That takes more than [IsName], for 1password, X11,
// texmf2 and k8s hold a digit, too: a number at the beginning (1.0, 2024a,
// 1rc2), behind a separator (gtk-4.0) or behind a word for it (v2), or one with
// parts (go1.21).
func Suspected(name string) bool {
	if !IsName(name) {
		return false
	}
	for i := 0; i < len(name); i++ {
		if !isDigit(name[i]) {
			continue
		}
		start := i
		for i < len(name) && isDigit(name[i]) {
			i++
		}
		if begins(name[:start], name[i:]) || parted(name[i:]) {
			return true
		}
	}
	return false
}

// begins tells whether a number between the two parts of a name begins a
// version.
func begins(before, after string) bool {
	const separators = "-._+~:@"
	word := strings.ToLower(before[strings.LastIndexAny(before, separators)+1:])
	if before == "" {
		letters := len(after) - len(strings.TrimLeftFunc(after, letter))
		return letters < 2 || letters < len("alpha")+1 && letters < len(after) && isDigit(after[letters])
	}
	return word == "" || strings.Contains(" v r rev rel release ver version ", " "+word+" ")
}

// parted tells whether a number has another part, by what follows it.
func parted(after string) bool {
	return len(after) > 1 && (after[0] == '.' || after[0] == '_') && isDigit(after[1])
}

func letter(r rune) bool { return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' }
