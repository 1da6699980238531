package farm

import "strings"

// joinPaths concatenates paths and removes "x/.." by text alone, as GNU Stow does: it resolves a link by its text, never
// by links on the way. An empty part is skipped; an absolute one starts anew.
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

// pathBelow returns the path of a name in a clean dir; "" and "." are the top.
func pathBelow(dir, name string) string {
	if dir == "" || dir == "." {
		return name
	}
	return dir + "/" + name
}

// parentPath returns a clean path without its last name; "" for a single name.
func parentPath(path string) string {
	if i := strings.LastIndexByte(path, '/'); i >= 0 {
		return path[:i]
	}
	return ""
}

// parentText returns the text of a link without its last name, otherwise spelled the same.
func parentText(text string) string {
	text = strings.TrimRight(text, "/")
	return strings.TrimRight(text[:strings.LastIndexByte(text, '/')+1], "/")
}

// climbFrom returns the path from a directory of the target, "" being its top, up to the target: one "../" for each
// name.
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

// TargetName returns the name in the target, with --dotfiles, of a package's entry.
func TargetName(name string) string { return undot(name) }

// undot returns the target's name of a package's entry with --dotfiles: dot-x becomes .x; dot-, dot-. and dot-..a stay.
func undot(name string) string {
	if len(name) > 4 && strings.HasPrefix(name, "dot-") && name[4] != '.' {
		return "." + name[4:]
	}
	return name
}

// redot reverses undot; --compat uses it.
func redot(name string) string {
	if strings.HasPrefix(name, ".") {
		return "dot-" + name[1:]
	}
	return name
}
