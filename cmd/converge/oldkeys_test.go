package main

import (
	"bytes"
	"fmt"
	"hash/crc32"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const oldKeysLine = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAxMsEuBMpemtEfAa9s1hGzxCMj5XtJ5hrk431HdixBp k1@x"

// oldTree is a tree with a user, and the state of older versions of converge.
type oldTree struct {
	*testing.T
	dir, keys string
}

func newOldTree(t *testing.T) *oldTree {
	o := &oldTree{T: t, dir: t.TempDir()}
	o.keys = filepath.Join(o.dir, "root/home/bk/.ssh/authorized_keys")
	o.write("root/etc/passwd", fmt.Sprintf("bk:x:%d:%d::/home/bk:/bin/sh\n", os.Getuid(), os.Getgid()))
	o.write("root/etc/group", fmt.Sprintf("bk:x:%d:\n", os.Getgid()))
	o.write("root/home/bk/own", "")
	o.write("none.hcl", "settings { name = \"x\" }\n")
	o.write("key.hcl", "settings { name = \"x\" }\nauthorized_key \"b\" {\n  user = \"bk\"\n  key = \""+oldKeysLine+"\"\n}\n")
	o.write("user.hcl", "settings { name = \"x\" }\nuser \"bk\" { ssh_keys = [\""+oldKeysLine+"\"] }\n")
	return o
}

func (o *oldTree) write(name, text string) {
	o.Helper()
	path := filepath.Join(o.dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		o.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		o.Fatal(err)
	}
}

func (o *oldTree) converge(args ...string) string {
	o.Helper()
	cmd := exec.Command("converge", append(args, "--root", "root")...)
	cmd.Dir = o.dir
	out, err := cmd.CombinedOutput()
	if err != nil {
		o.Fatalf("converge %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return string(out)
}

// age rewrites the state as an older version would have written it.
func (o *oldTree) age(change func(string) string) {
	o.Helper()
	state := filepath.Join(o.dir, "root/var/lib/converge")
	runs, err := filepath.Glob(filepath.Join(state, "runs/*.jsonl"))
	if err != nil || len(runs) == 0 {
		o.Fatal("there is no run", err)
	}
	for _, path := range append(runs, filepath.Join(state, "ledger")) {
		text, err := os.ReadFile(path)
		if err != nil {
			o.Fatal(err)
		}
		sum := sumRun
		if filepath.Base(path) == "ledger" {
			sum = sumLedger
		}
		if again := sum(string(text)); again != string(text) {
			o.Fatalf("%s is summed up as\n%s", text, again)
		}
		if err := os.WriteFile(path, []byte(sum(change(string(text)))), 0o600); err != nil {
			o.Fatal(err)
		}
	}
}

// sumRun adds the checksums to the lines of a run.
func sumRun(text string) string {
	var out bytes.Buffer
	sum := uint32(0)
	for line := range strings.Lines(text) {
		sum = crc32.Update(sum, crc32.IEEETable, []byte(strings.TrimSuffix(line[9:], "\n")))
		fmt.Fprintf(&out, "%08x %s", sum, line[9:])
	}
	return out.String()
}

// sumLedger sorts the lines of a ledger and adds its checksum.
func sumLedger(text string) string {
	head, body, _ := strings.Cut(text, "\n")
	head = head[:strings.LastIndex(head, " ")+1]
	body = strings.Join(slices.Sorted(strings.Lines(body)), "")
	return fmt.Sprintf("%s%08x\n%s", head, crc32.ChecksumIEEE([]byte(head+body)), body)
}

// TestKeysOfOlderStateGo: prune and rollback remove a key that an older version has made, although its ledger and runs
// identify it by the user, and do not record the file of a user's keys.
func TestKeysOfOlderStateGo(t *testing.T) {
	t.Parallel()
	byUser := func(text string) string {
		return strings.ReplaceAll(text, "part:/home/bk/.ssh/authorized_keys#", "authorized_keys:bk#")
	}
	withoutFile := func(text string) string {
		return regexp.MustCompile(`,(\\*)"of(\\*)":(\\*)"[^"\\]*(\\*)"`).ReplaceAllString(text, "")
	}
	for name, c := range map[string]struct {
		site, own string
		age       func(string) string
		undo      []string
	}{
		"a key, by prune":        {"key.hcl", "", byUser, []string{"apply", "--prune", "none.hcl"}},
		"a key, by rollback":     {"key.hcl", "", byUser, []string{"rollback"}},
		"a key beside another":   {"key.hcl", "# mine\n", byUser, []string{"rollback"}},
		"all keys, by rollback":  {"user.hcl", "# mine\n", withoutFile, []string{"rollback"}},
		"all keys, by prune":     {"user.hcl", "# mine\n", withoutFile, []string{"apply", "--prune", "none.hcl"}},
		"all keys of a new file": {"user.hcl", "", withoutFile, []string{"rollback"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := newOldTree(t)
			if c.own != "" {
				o.write("root/home/bk/.ssh/authorized_keys", c.own)
			}
			o.converge("apply", c.site)
			if text, err := os.ReadFile(o.keys); err != nil || !strings.Contains(string(text), oldKeysLine) {
				t.Fatalf("it holds %q: %v", text, err)
			}
			aged := false
			o.age(func(text string) string {
				older := c.age(text)
				aged = aged || older != text
				return older
			})
			if !aged {
				t.Fatal("the state is as this version writes it")
			}
			said := o.converge(c.undo...)
			if text, err := os.ReadFile(o.keys); string(text) != c.own || c.own == "" != os.IsNotExist(err) {
				t.Errorf("it holds %q (%v), want %q\n%s", text, err, c.own, said)
			}
			if said := o.converge("plan", "none.hcl"); strings.Contains(said, "no longer declared") {
				t.Errorf("it is still known:\n%s", said)
			}
		})
	}
}
