package resource

import "strings"

// The keys of parts of files are "part:PATH#ID": the path of the file, which has no '#', and the ID of the part within
// the file.
const partKey = "part:"

// PartKey is the key of a part of a file.
func PartKey(path, id string) string { return partKey + path + "#" + id }

// CutPartKey splits the key of a part of a file.
func CutPartKey(key string) (path, id string, ok bool) {
	rest, ok := strings.CutPrefix(key, partKey)
	if !ok || !strings.HasPrefix(rest, "/") {
		return "", "", false
	}
	return strings.Cut(rest, "#")
}
