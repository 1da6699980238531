package access

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"converge/internal/fsys"
	"converge/internal/resource"
	"converge/internal/userdb"
	"converge/resources"
)

// TestWhereSSHDLooks is where sshd looks for the keys of a user, by its configuration: a
// path, or the beginning of why that is not known. Files below /etc/ssh are cut off with
// lines of "== NAME".
func TestWhereSSHDLooks(t *testing.T) {
	const home = "/home/deploy"
	for _, c := range []struct{ summary, config, want string }{
		{"no configuration", "", home + "/.ssh/authorized_keys"},
		{"nothing about keys", "== sshd_config\nPort 22\n", home + "/.ssh/authorized_keys"},
		{"in any case, with =, in quotes", "== sshd_config\n authorizedkeysfile=\"/etc/ssh/my keys/%u\" # ours\n", "/etc/ssh/my keys/deploy"},
		{"the first file", "== sshd_config\nAuthorizedKeysFile a/keys .ssh/authorized_keys\n", home + "/a/keys"},
		{"all tokens", "== sshd_config\nAuthorizedKeysFile %h/%%/%U/%u\n", home + "/%/1234/deploy"},
		{"a token that means nothing", "== sshd_config\nAuthorizedKeysFile /etc/%k\n", `error: cannot find the file of the keys of user "deploy": AuthorizedKeysFile names "/etc/%k", in which %k means nothing; give path`},
		{"the first line counts", "== sshd_config\nAuthorizedKeysFile a\nAuthorizedKeysFile b\n", home + "/a"},
		{"no file", "== sshd_config\nAuthorizedKeysFile none\n", `error: cannot find the file of the keys of user "deploy": sshd looks into no file`},
		{"a comment", "== sshd_config\n#AuthorizedKeysFile a\n", home + "/.ssh/authorized_keys"},
		{"included, in order of names", "== sshd_config\nInclude sshd_config.d/*.conf\nAuthorizedKeysFile a\n== sshd_config.d/2.conf\nAuthorizedKeysFile two\n== sshd_config.d/1.conf\nAuthorizedKeysFile one\n== sshd_config.d/0.txt\nAuthorizedKeysFile zero\n", home + "/one"},
		{"included by an absolute path", "== sshd_config\nInclude /etc/ssh/x /etc/ssh/missing\n== x\nAuthorizedKeysFile x\n", home + "/x"},
		{"included in a circle", "== sshd_config\nInclude sshd_config\n", "error: cannot find out where sshd looks for keys: /etc/ssh/sshd_config is included too deep; give path"},
		{"a quote without its end", "== sshd_config\nBanner \"x\n", "error: cannot find out where sshd looks for keys: /etc/ssh/sshd_config:1: a quote has no end; give path"},
		{"a block for this user", "== sshd_config\nAuthorizedKeysFile a\nMatch User deploy\nAuthorizedKeysFile b\n", home + "/b"},
		{"a block by patterns", "== sshd_config\nMatch User other,dep*\nAuthorizedKeysFile b\n", home + "/b"},
		{"a block for others", "== sshd_config\nAuthorizedKeysFile a\nMatch User *,!deploy\nAuthorizedKeysFile b\n", home + "/a"},
		{"a block for a group of the user", "== sshd_config\nMatch Group sftp\nAuthorizedKeysFile b\n", home + "/b"},
		{"a block for a group of others", "== sshd_config\nMatch group wheel\nAuthorizedKeysFile b\n", home + "/.ssh/authorized_keys"},
		{"a group with a blank", "== sshd_config\nMatch Group \"domain users\"\nAuthorizedKeysFile b\n", home + "/b"},
		{"a group with a blank, by a pattern", "== sshd_config\nMatch Group \"domain?us*\"\nAuthorizedKeysFile b\n", home + "/b"},
		{"a group of which one word is a group", "== sshd_config\nMatch Group \"wheel sftp\"\nAuthorizedKeysFile b\n", home + "/.ssh/authorized_keys"},
		{"conditions with =", "== sshd_config\nMatch User = deploy Group=sftp\nAuthorizedKeysFile b\n", home + "/b"},
		{"users that do not exist", "== sshd_config\nMatch invalid-user\nAuthorizedKeysFile b\n", home + "/.ssh/authorized_keys"},
		{"the first block that fits", "== sshd_config\nMatch User deploy\nAuthorizedKeysFile b\nMatch all\nAuthorizedKeysFile c\n", home + "/b"},
		{"a block ends with its file", "== sshd_config\nInclude x\nAuthorizedKeysFile a\n== x\nMatch User other\nAuthorizedKeysFile b\n", home + "/a"},
		{"included in a block", "== sshd_config\nMatch User other\nInclude x\n== x\nAuthorizedKeysFile b\n", home + "/.ssh/authorized_keys"},
		{"a block in what a block includes", "== sshd_config\nMatch Group sftp\nInclude x\n== x\nMatch User deploy\nAuthorizedKeysFile b\n", home + "/b"},
		{"a block by address", "== sshd_config\nMatch Address 10.0.0.0/8\nAuthorizedKeysFile b\n", `error: cannot find the file of the keys of user "deploy": /etc/ssh/sshd_config:2 sets AuthorizedKeysFile for some connections only (Match Address 10.0.0.0/8), so that it depends on the connection; give path`},
		{"a block by address about something else", "== sshd_config\nMatch Address 10.0.0.0/8\nX11Forwarding no\n", home + "/.ssh/authorized_keys"},
		{"a block by address that says the same", "== sshd_config\nAuthorizedKeysFile b\nMatch Address 10.0.0.0/8\nAuthorizedKeysFile b\n", home + "/b"},
		{"a block by address for other users", "== sshd_config\nMatch Address 10.0.0.0/8 User other\nAuthorizedKeysFile b\n", home + "/.ssh/authorized_keys"},
		{"a block by address behind one that fits", "== sshd_config\nMatch User=deploy\nAuthorizedKeysFile a\nMatch Address 10.0.0.0/8\nAuthorizedKeysFile b\n", home + "/a"},
		{"a block by address before one that fits", "== sshd_config\nMatch LocalPort 2222\nAuthorizedKeysFile b\nMatch User deploy\nAuthorizedKeysFile a\n", `error: cannot find the file of the keys of user "deploy": /etc/ssh/sshd_config:2 sets`},
	} {
		t.Run(c.summary, func(t *testing.T) {
			f := filesOf(t, c.config)
			got, err := f.locate(t.Context(), "deploy", false)
			if err != nil {
				got = "error: " + err.Error()
			}
			if got != c.want && (err == nil || !strings.HasPrefix(got, c.want)) {
				t.Errorf("got %s\nwant %s", got, c.want)
			}
		})
	}
}

// filesOf returns the files of a tree with the configuration of sshd.
func filesOf(t *testing.T, config string) *Files {
	t.Helper()
	root := t.TempDir()
	files := map[string]string{
		"etc/passwd": "root:x:0:0::/root:/bin/sh\ndeploy:x:1234:1234::/home/deploy:/bin/sh\nodd:x:1:1::relative:/bin/sh\n",
		"etc/group":  "deploy:x:1234:\nsftp:x:77:deploy\ndomain users:x:79:deploy\nwheel:x:78:\n",
	}
	name := ""
	for line := range strings.Lines(config) {
		if rest, ok := strings.CutPrefix(line, "== "); ok {
			name = "etc/ssh/" + strings.TrimSpace(rest)
			continue
		}
		files[name] += line
	}
	for name, text := range files {
		at := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(at), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(at, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	fs, err := fsys.Open(root)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { fs.Close() })
	return New(Options{FS: fs, Users: userdb.New(root)})
}

func TestHomesThatHoldNoFiles(t *testing.T) {
	f := filesOf(t, "")
	for user, want := range map[string]string{
		"odd":  `cannot find files of user "odd": its home directory is "relative"; give path`,
		"nope": `there is no user "nope"`,
	} {
		if _, err := f.locate(t.Context(), user, true); err == nil || err.Error() != want {
			t.Errorf("%s: %v", user, err)
		}
	}
}

// The configuration that a distribution ships counts where /etc has none.
func TestVendorConfiguration(t *testing.T) {
	f := filesOf(t, "== ../../usr/etc/ssh/sshd_config\nAuthorizedKeysFile vendor\n")
	if got, err := f.locate(t.Context(), "deploy", false); err != nil || got != "/home/deploy/vendor" {
		t.Errorf("%s, %v", got, err)
	}
	f = filesOf(t, "== sshd_config\nPort 22\n== ../../usr/etc/ssh/sshd_config\nAuthorizedKeysFile vendor\n")
	if got, err := f.locate(t.Context(), "deploy", false); err != nil || got != "/home/deploy/.ssh/authorized_keys" {
		t.Errorf("%s, %v", got, err)
	}
}

func TestSessions(t *testing.T) {
	const one = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAxMsEuBMpemtEfAa9s1hGzxCMj5XtJ5hrk431HdixBp"
	const print = "SHA256:h+WlP1r1IZXTLXdgu0ppb4A/rOlNJ1VG039H7vhcJWw"
	f := filesOf(t, "== ../../proc/30/stat\n30 (converge (x) y) S 20 30\n== ../../proc/20/stat\n20 (sudo) S 10 20\n== ../../proc/30/environ\nPATH=/bin\n"+
		"== ../../proc/10/environ\nUSER=deploy\x00SSH_CONNECTION=a 1 b 22\x00SSH_USER_AUTH=/tmp/sshauth.x\x00\n== ../../tmp/sshauth.x\npassword\npublickey "+one+"\n"+
		"== ../../proc/11/environ\nSSH_CONNECTION=a 1 b 22\x00USER=deploy\x00\n")
	for _, c := range []struct {
		summary     string
		pid         int
		user, print string
		want        string
	}{
		{"its key, through sudo", 30, "deploy", print, "this session was opened with the key " + print},
		{"another key", 30, "deploy", "SHA256:x", ""},
		{"sshd does not say with which key", 11, "deploy", "SHA256:x", "this session was opened by SSH as that user, and sshd does not say"},
		{"it is that of another user", 11, "other", "SHA256:x", ""},
		{"no session", 77, "deploy", print, ""},
	} {
		got := strings.Join(findSession(f.FS, c.pid).notes(c.user, []string{c.print}), "; ")
		if !strings.HasPrefix(got, c.want) || (got == "") != (c.want == "") {
			t.Errorf("%s: got %q", c.summary, got)
		}
	}
}

// Which user a missing file is made as: one in a home belongs to the user of the home, however
// that is spelled, and never to root in place of one that does not exist yet.
func TestFounding(t *testing.T) {
	f := filesOf(t, "")
	f.homes = map[string]string{"new": "/home/new", "deploy": "/home/deploy/"}
	for _, c := range []struct{ user, path, err string }{
		{"deploy", "/home/deploy/.ssh/authorized_keys", ""},
		{"new", "/home/new/.ssh/authorized_keys", `cannot make "/home/new/.ssh/authorized_keys": there is no user "new" yet`},
	} {
		w := &resources.Part{PartUser: resources.PartUser{User: resource.Some(c.user)}}
		w.Path = resource.Text(c.path)
		file, folder, own, err := f.Founding(t.Context(), w)
		switch {
		case c.err != "":
			if err == nil || err.Error() != c.err {
				t.Errorf("%s: %v", c.user, err)
			}
		case err != nil || !own || file.UID == 0 || folder.Mode != 0o700:
			t.Errorf("%s: %v, %v, %v, %v", c.user, file, folder, own, err)
		}
	}
}

// A block whose content cannot be read may hold keys.
func TestUnreadableBlocksMayHoldKeys(t *testing.T) {
	w := &resources.Part{PartPlace: resources.PartPlace{Part: resources.PartBlock}}
	w.Content = resource.DigestBlob(strings.Repeat("0", 64), -1, func() (io.ReadCloser, error) { return nil, io.ErrUnexpectedEOF })
	if !mayHoldKeys(w) {
		t.Error("it is taken for one without keys")
	}
}
