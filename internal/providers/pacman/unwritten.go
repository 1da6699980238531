package pacman

import (
	"regexp"
	"strings"

	"converge/internal/providers/packages/tool"
)

// findUnwritten returns the packages of which pacman could not write a file, with its messages. It counts them as
// installed nevertheless, and after a warning its exit status is 0.
//
//	installing NAME...
//	warning: warning given when extracting /usr/share/NAME/file (Can't create '/usr/share/NAME/file')
func findUnwritten(out string) map[string]string {
	at, unwritten := operationLine(), unwrittenLine()
	found := map[string]string{}
	name := ""
	for line := range strings.Lines(out) {
		line = strings.TrimRight(tool.LastOverwrite(strings.TrimRight(line, "\n")), " ")
		if m := at.FindStringSubmatch(line); m != nil {
			name = m[1]
			continue
		}
		if name == "" || !unwritten.MatchString(line) || losesOnlyMetadata(line) {
			continue
		}
		found[name] += line + "\n"
	}
	return found
}

// unwrittenLine matches libalpm's messages about a file that it could not write or replace.
func unwrittenLine() *regexp.Regexp {
	return regexp.MustCompile(`^(?:warning: warning given when extracting |error: (?:could not extract |unable to extract |extract: not overwriting |could not rename |problem occurred while (?:installing|upgrading) ))`)
}

// losesOnlyMetadata reports whether a file was written, and only lacks what its file system cannot keep: pacman goes on
// without that by design, in containers and on file systems without extended attributes.
func losesOnlyMetadata(line string) bool {
	return regexp.MustCompile(`\((?:Cannot restore extended attributes|Can't restore time|Can't set permissions to 0777|Can't update time|Failed to (?:set|restore) (?:\S+ )?(?:acl|ACL|file flags|metadata)).*\)$`).MatchString(line)
}
