package packaging

import (
	"os"
	"path/filepath"
	"testing"

	"converge/internal/testhost"
)

// The end of input leaves the prompt of the shell on a line of its own.
func TestConsoleEndsItsLine(t *testing.T) {
	bin := filepath.Dir(testhost.Binary(t, "converge/cmd/converge"))
	env := []string{"PATH=" + bin + ":" + os.Getenv("PATH"), "HOME=" + t.TempDir(), "TERM=dumb", "PS1=SHELL "}
	for name, key := range map[string]string{"end of input": "\x04", "interrupted": "\x03"} {
		t.Run(name, func(t *testing.T) {
			s := openTerminal(t, t.TempDir(), env, "sh", "-i")
			s.types(t, "converge console\n", "> ")
			s.types(t, "1 + 1\n", "2\r\n> ")
			s.types(t, key, "\r\n")
			s.types(t, "echo on\n", "SHELL ")
		})
	}
}
