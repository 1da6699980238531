package farm

import "strings"

// joinPaths concatenates paths and folds "x/.." away by the letters alone, as GNU
// Stow does: what a link leads to is judged by its text, never by the links
// on the way. An empty part counts for nothing; an absolute one starts anew.
func joinPaths(parts ...string) string {
	var out []string
	abs := false
	for _, part := range parts {
		if strings.HasPrefix(part, "/") {
			out, abs = out[:0], true
		}
		for name := range strings.SplitSeq(part, "/") {
			if name == "" || name == "." {
				continue
			}
			if name == ".." && len(out) > 0 && out[len(out)-1] != ".." {
				out = out[:len(out)-1]
			} else if name != ".." || !abs {
				out = append(out, name)
			}
		}
	}
	s := strings.Join(out, "/")
	if abs {
		return "/" + s
	}
	return s
}

// pathBelow returns a path in dir, which is clean; "" and "." are the top.
func pathBelow(dir, name string) string {
	if dir == "" || dir == "." {
		return name
	}
	return dir + "/" + name
}

// parentPath returns a clean path less its last name; "" for a single name.
func parentPath(path string) string {
	if i := strings.LastIndexByte(path, '/'); i >= 0 {
		return path[:i]
	}
	return ""
}

// parentText is the text of a link less its last name, otherwise as it is
// spelled.
func parentText(text string) string {
	text = strings.TrimRight(text, "/")
	return strings.TrimRight(text[:strings.LastIndexByte(text, '/')+1], "/")
}

// climbFrom returns the way from a directory of the target, "" being its top, up to the
// target: one "../" for each name.
func climbFrom(dir string) string {
	if dir == "" {
		return ""
	}
	return strings.Repeat("../", strings.Count(dir, "/")+1)
}

// within returns the part of path below dir; both are clean.
func within(path, dir string) (rest string, ok bool) {
	if dir == "" || !strings.HasPrefix(path, dir) || len(path) <= len(dir) || path[len(dir)] != '/' {
		return "", false
	}
	return path[len(dir)+1:], true
}

// TargetName is the name in the target, with --dotfiles, of an entry of a
// package.
func TargetName(name string) string { return undot(name) }

// undot is the target's name of a package's entry with --dotfiles: dot-x is
// .x, and dot-, dot-. and dot-..a stay as they are.
func undot(name string) string {
	if len(name) > 4 && strings.HasPrefix(name, "dot-") && name[4] != '.' {
		return "." + name[4:]
	}
	return name
}

// redot is the way back, which --compat takes.
func redot(name string) string {
	if strings.HasPrefix(name, ".") {
		return "dot-" + name[1:]
	}
	return name
}
