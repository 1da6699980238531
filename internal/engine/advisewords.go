package engine

import "strings"

// wordsOf returns the words of a key that tell what a path or a program belongs to: of
// "path:/etc/ssh/sshd_config" "ssh".
func wordsOf(key string) (words []string) {
	_, name, _ := strings.Cut(key, ":")
	for _, w := range strings.FieldsFunc(name, func(c rune) bool { return strings.ContainsRune("/-_.@", c) }) {
		w = strings.TrimSuffix(w, "d") // that of daemons
		switch w {
		case "etc", "usr", "var", "opt", "srv", "lib", "bin", "sbin", "share", "local", "default", "conf", "config", "main", "service":
			continue
		}
		if len(w) > 2 {
			words = append(words, w)
		}
	}
	return words
}
