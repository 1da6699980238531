package resource

import "strings"

// The keys of parts of files are "part:PATH#ID": the path of the file, which holds
// no '#', and what tells the part from others of the file.
const partKey = "part:"

// PartKey is the key of a part of a file.
func PartKey(path, id string) string { return partKey + path + "#" + id }

// CutPartKey takes apart the key of a part of a file.
func CutPartKey(key string) (path, id string, ok bool) {
	rest, ok := strings.CutPrefix(key, partKey)
	if !ok || !strings.HasPrefix(rest, "/") {
		return "", "", false
	}
	return strings.Cut(rest, "#")
}
