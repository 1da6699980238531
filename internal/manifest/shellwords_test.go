package manifest

import (
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"
)

// TestShellWords checks commands as lists of words: the marked words, and the suggested text for a shell.
func TestShellWords(t *testing.T) {
	for words, want := range map[string]string{
		`"/usr/bin/getent", "passwd", "|", "wc", "-l"`:      `"/usr/bin/getent passwd | wc -l"`,
		`"pg_dump", "a b", ">", "/x"`:                       `"pg_dump 'a b' > /x"`,
		`"cd", "/opt/app", "&&", "make"`:                    `"cd /opt/app && make"`,
		`"make", "install", "2>&1"`:                         `"make install 2>&1"`,
		`"ls", "-l", ">", "/tmp/${"a b"}"`:                  `"ls -l > '/tmp/${"a b"}'"`,
		`"rm", "-f", "/var/cache/*.tmp"`:                    `"rm -f /var/cache/*.tmp"`,
		`"foo", "$HOME/x"`:                                  `"foo $HOME/x"`,
		`"echo", "$(date)"`:                                 `"echo $(date)"`,
		`"tee", "/x/$(date +%F)", ">", "/dev/null"`:         `"tee \"/x/$(date +%F)\" > /dev/null"`,
		`"cp", "~/a", "/b"`:                                 `"cp ~/a /b"`,
		`"stop", ";", "start"`:                              `"stop ; start"`,
		`"find", "/x", "-exec", "rm", "{}", ";"`:            "",
		`"/usr/bin/find", "/x", "-name", "*.log"`:           "",
		`"grep", "a|b", "/x"`:                               "",
		`"grep", "-F", "|", "/x"`:                           "",
		`"grep", "|", "/x"`:                                 "",
		`"tr", "|", ","`:                                    "",
		`"cut", "-d", "|", "-f", "1", "/x"`:                 "",
		`"awk", "-F", ";", "{ print $1 }", "/x"`:            "",
		`"sed", "-i", "s/a*/$b/", "/x"`:                     "",
		`"test", "a", ">", "b"`:                             "",
		`"[", "a", "<", "b", "]"`:                           "",
		`"expr", "a", "|", "b"`:                             "",
		`"systemctl", "stop", "foo*"`:                       "",
		`"sh", "-c", "a | b > $HOME"`:                       "",
		`"ssh", "host", "a", "|", "b"`:                      "",
		`"apt-get", "install", "php8.*"`:                    "",
		`"rsync", "--exclude", "*.o", "/a", "/b"`:           "",
		`"psql", "-c", "update pg_user set cost = '$2y$x'"`: "",
	} {
		site, diags := loadText("exec \"x\" {\n command = ["+words+"]\n}\n", nil)
		got := ""
		for _, d := range diags {
			if d.Severity == hcl.DiagWarning {
				got += d.Detail
			}
		}
		if site == nil || want == "" && got != "" || want != "" && !strings.Contains(got, want) {
			t.Errorf("[%s]: %q, want %q; %v", words, got, want, diags)
		}
	}
}
