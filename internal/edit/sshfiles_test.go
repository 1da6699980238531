package edit

import (
	"strings"
	"testing"
)

// Three keys made by ssh-keygen, and the fingerprints that it prints.
const (
	keyOne   = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAxMsEuBMpemtEfAa9s1hGzxCMj5XtJ5hrk431HdixBp"
	keyTwo   = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIND9s0xmoFOijH+Ud+z1FRdQy45qLvZxRPAKS/PDvWlU"
	keyThree = "ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBDXjGTEcE/zhLQxEKZtnWiUvFLlw68tpv4/jmxq0DdnyamBLN4xhGDn0zyLriL2bV2CUoEB/VmOAjsHlSEfMaO0="

	printOne = "SHA256:h+WlP1r1IZXTLXdgu0ppb4A/rOlNJ1VG039H7vhcJWw"
	printTwo = "SHA256:ulzKWFP7/G5pcdGmAnDdK+/6gjOV+xt86jTD7IGgejY"

	// git.example.com with the first key and [git]:2222 with the second one, by ssh-keygen -H.
	hashedOne = "|1|GglwbYiW2elTId3Ci8xP442/Mcg=|QFvN1h8qj4lRbOh1CSSy2ih/5vY="
	hashedTwo = "|1|8UdgvFutzs9LCWwmNV/BY4krgH0=|XfGXxP4pkXoIgycoy09mKuBPfMo="
)

func key(t testing.TB, text string) SSHKey {
	t.Helper()
	k, err := ParseSSHKey(text)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func TestParseSSHKey(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{keyOne + " k1@x", ""},
		{keyOne + " k1@x\r\n", ""}, // as in a file
		{"  " + keyThree + "\t a comment of words ", ""},
		{"ssh-mldsa-65 AAAADHNzaC1tbGRzYS02NQAAAAEA", ""}, // a future type
		{"ssh-ed25519", "has a type and no key behind it"},
		{keyOne[:59], "has no key of type ssh-ed25519 behind that word"},
		{"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAxMsEuBMpem", "is a damaged key"},
		{"ssh-rsa " + strings.Fields(keyOne)[1], "has no key of type ssh-rsa"},
		{"git.example.com " + keyOne, `has "git.example.com" before it`},
		{keyOne + "\n" + keyTwo, "must be one line"},
		{"-----BEGIN OPENSSH PRIVATE KEY-----", "is a private key"},
		{"", "must be a public key"},
	} {
		_, err := ParseSSHKey(c.text)
		if err == nil && c.want != "" || err != nil && (c.want == "" || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%q: %v, want %q", c.text, err, c.want)
		}
	}
	k := key(t, keyOne+"  k1@x")
	if k.Fingerprint() != printOne || !IsFingerprint(printOne) || IsFingerprint(printOne+"A") || k.Describe() != "ssh-ed25519 "+printOne+" k1@x" {
		t.Errorf("the fingerprint is %q", k.Describe())
	}
}

func TestKeyOptions(t *testing.T) {
	for _, c := range []struct{ list, want string }{
		{"restrict", "restrict"},
		{"Restrict;X11-Forwarding", "restrict,x11-forwarding"},
		{`command=/bin/echo "a, b"`, `command="/bin/echo \"a, b\""`},
		{`command="/bin/echo"`, `command="/bin/echo"`},
		{`command="/my prog" "x"`, `command="\"/my prog\" \"x\""`},
		{`from="10.0.0.0/8,!10.1.0.0/16"`, `from="10.0.0.0/8,!10.1.0.0/16"`},
		{"retsrict", "error: has \"retsrict\", which is no option of sshd"},
		{"restrict=1", "error: has a value"},
		{"command", "error: has no value"},
		{`command=C:\`, "error: has a backslash at the end"},
		{"command=a\nb", "error: has more than one line"},
		{"command=a;pty;command=b", `error: has "command" twice`},
		{"from=10.0.0.1;from=10.0.0.2", `error: has "from" twice`},
		{"cert-authority;principals=a;principals=b", `error: has "principals" twice`},
		{"principals=a", `error: has "principals" without "cert-authority"`},
		{"principals=a,b;cert-authority", `principals="a,b",cert-authority`},
		{"cert-authority;principals=", "error: "},
		{"no-verify-required;no-touch-required", "no-verify-required,no-touch-required"},
		{"no-restrict", "error: has \"no-restrict\", which is no option"},
		{"pty;", "error: has an empty option"},
		{"from=10.0.0.0/8,!10.1.2.3,*.example.com,?.b,2001:db8::/32", `from="10.0.0.0/8,!10.1.2.3,*.example.com,?.b,2001:db8::/32"`},
		{"from=10.0.0.1/8", `error: has from="10.0.0.1/8", and "10.0.0.1/8" has bits behind its length, so that sshd refuses the whole list: did you mean "10.0.0.0/8"?`},
		{"from=10.0.0.0/33", "error: "}, {"from=10.0.0.0/x", "error: "}, {"from=2001:db8::1/32", "error: "},
		{"from=", "error: "}, {"from=a,,b", "error: "}, {"from=!10.0.0.1", "error: "},
		{"permitopen=localhost:80;permitopen=[::1]:*;permitopen=*:ssh", `permitopen="localhost:80",permitopen="[::1]:*",permitopen="*:ssh"`},
		{"permitopen=80", "error: "}, {"permitopen=localhost", "error: "}, {"permitopen=localhost:0", "error: "}, {"permitopen=localhost:70000", "error: "},
		{"permitopen=::1:80", "error: "}, {"permitopen=2001:db8::1", `error: has permitopen="2001:db8::1", and it has no port: did you mean "[2001:db8::1]:*"?`}, {"permitopen=:80", "error: "},
		{"permitlisten=8080;permitlisten=localhost:8080", `permitlisten="8080",permitlisten="localhost:8080"`}, {"permitlisten=x y", "error: "},
		{"tunnel=0;tunnel=any", `tunnel="0",tunnel="any"`}, {"tunnel=tun0", "error: "}, {"tunnel=-1", "error: "},
		{"expiry-time=20270131;expiry-time=202701311200Z;expiry-time=20270131120000", `expiry-time="20270131",expiry-time="202701311200Z",expiry-time="20270131120000"`},
		{"expiry-time=2027-01-31", "error: "}, {"expiry-time=20270231", "error: "}, {"expiry-time=2027013112", "error: "},
		{"environment=A_1=b c", `environment="A_1=b c"`}, {"environment=A", "error: "}, {"environment=A-B=c", "error: "}, {"environment==c", "error: "},
	} {
		got, err := JoinKeyOptions(strings.Split(c.list, ";"))
		if want, isErr := strings.CutPrefix(c.want, "error: "); isErr != (err != nil) || isErr && !strings.Contains(err.Error(), want) || !isErr && string(got) != want {
			t.Errorf("%q: %q, %v; want %q", c.list, got, err, c.want)
		}
		if again, err2 := ParseKeyOptions(string(got)); err == nil && (err2 != nil || again != got) {
			t.Errorf("%q is read as %q: %v", got, again, err2)
		}
	}
	if got, err := ParseKeyOptions(",restrict,,pty,"); err != nil || got != "restrict,pty" {
		t.Errorf("commas too many: %q, %v", got, err)
	}
	if _, err := ParseKeyOptions(`command="a`); err == nil {
		t.Error("a quote without its end is accepted")
	}
}

// editCase is an edit of a file, which is undone byte by byte. An error is given by its text.
type editCase struct {
	name, src string
	part      Part
	want      string
}

func runEdits(t *testing.T, cases []editCase) {
	t.Helper()
	for _, c := range cases {
		out, err := Edit([]byte(c.src), []Part{c.part})
		got := string(out)
		if err != nil {
			got = "error: " + err.Error()
		}
		if got != c.want && (err == nil || !strings.HasPrefix(got, c.want)) {
			t.Errorf("%s: got\n%q, want\n%q", c.name, got, c.want)
		}
		if err != nil {
			continue
		}
		hunks, err := Record([]byte(c.src), []Part{c.part})
		if err != nil {
			t.Fatal(err)
		}
		if back, _ := Restore(out, hunks); string(back) != c.src {
			t.Errorf("%s: it was taken back to %q", c.name, back)
		}
	}
}

func TestAuthorizedKeys(t *testing.T) {
	one := func(options KeyOptions, comment string) AuthorizedKey {
		k := key(t, keyOne+" "+comment)
		return AuthorizedKey{Fingerprint: k.Fingerprint(), Key: k, Options: options}
	}
	gone := func(options KeyOptions) AuthorizedKey {
		return AuthorizedKey{Fingerprint: printOne, Options: options, Absent: true}
	}
	runEdits(t, []editCase{
		{"a new file", "", one("", "a"), keyOne + " a\n"},
		{"after others", "# mine\n" + keyTwo + "\n", one("restrict", ""), "# mine\n" + keyTwo + "\nrestrict " + keyOne + "\n"},
		{"without a last newline", keyTwo, one("", "a"), keyTwo + "\n" + keyOne + " a"},
		{"with CRLF", keyTwo + "\r\n", one("", "a"), keyTwo + "\r\n" + keyOne + " a\r\n"},
		{"it is there, with another comment that does not count", "  " + keyOne + " \t b c \n", one("", ""), "  " + keyOne + " \t b c \n"},
		{"its comment changes", "  " + keyOne + " \t b c \n" + keyTwo, one("", "a"), "  " + keyOne + " \t a\n" + keyTwo},
		{"it gets a comment", keyOne + "\n", one("", "a"), keyOne + " a\n"},
		{"the same key twice", keyOne + " a\n" + keyOne + " b\n", one("", "b"), keyOne + " a\n" + keyOne + " b\n"},
		{"the same key twice goes", keyOne + " a\n" + keyTwo + "\n" + keyOne + " b", gone(""), keyTwo},
		{"with other options it is another line", "no-pty " + keyOne + "\n", one("restrict", ""), "no-pty " + keyOne + "\nrestrict " + keyOne + "\n"},
		{"only the line with these options goes", "no-pty " + keyOne + "\n" + keyOne + "\n", gone("no-pty"), keyOne + "\n"},
		{"without its quotes, so that sshd ignores it", "command=a " + keyOne + "\n", one(`command="a"`, ""), "command=a " + keyOne + "\n" + `command="a" ` + keyOne + "\n"},
		{"options in other words", `No-Pty,command="a \"b\" c"` + " " + keyOne + "\n", gone(`no-pty,command="a \"b\" c"`), ""},
		{"their order counts", "pty,restrict " + keyOne + "\n", gone("restrict,pty"), "pty,restrict " + keyOne + "\n"},
		{"a comment is no key", "# " + keyOne + "\n", gone(""), "# " + keyOne + "\n"},
		{"what sshd ignores stays", "ssh-ed25519 AAAA\ncommand=\"x " + keyOne + "\nfoo bar\n", gone(""), "ssh-ed25519 AAAA\ncommand=\"x " + keyOne + "\nfoo bar\n"},
		{"only a fingerprint", "", AuthorizedKey{Fingerprint: printOne}, "error: the key itself is not known"},
	})
}

func TestKeySets(t *testing.T) {
	set := func(others string, lines ...string) KeySet {
		k := KeySet{Others: map[string]bool{}}
		for _, id := range strings.Fields(others) {
			k.Others[id] = true
		}
		for _, text := range lines {
			l, ok := ParseAuthorizedLine(text)
			if !ok {
				t.Fatal(text)
			}
			k.Lines = append(k.Lines, l)
		}
		return k
	}
	runEdits(t, []editCase{
		{"a new file", "", set("", keyOne+" a", "restrict "+keyTwo), keyOne + " a\nrestrict " + keyTwo + "\n"},
		{"others go", "# mine\n" + keyThree + "\n" + keyOne + " x\n\n" + keyTwo + "\n", set("", keyOne), "# mine\n" + keyOne + " x\n\n"},
		{"one comes, the last one goes", keyOne + "\n" + keyTwo + "\n", set("", keyOne, keyThree), keyOne + "\n" + keyThree + "\n"},
		{"the same without a last newline", keyOne + "\n" + keyTwo, set("", keyOne, keyThree), keyOne + "\n" + keyThree},
		{"all are others", keyOne + "\n" + keyTwo, set("", keyThree), keyThree},
		{"the last comment changes, and one comes", keyOne + " a", set("", keyOne+" b", keyTwo), keyOne + " b\n" + keyTwo},
		{"comments change, and one goes", keyOne + " a\n" + keyThree + "\n" + keyTwo + " a\n", set("", keyOne+" b", keyTwo+" b"), keyOne + " b\n" + keyTwo + " b\n"},
		{"what is declared elsewhere stays", keyOne + "\n" + keyTwo + "\n", set(printOne), keyOne + "\n"},
		{"but not with other options", "no-pty " + keyOne + "\n", set(printOne), ""},
		{"an option of a newer sshd", "shiny=\"1\" " + keyOne + "\n", set(""), ""},
		{"what sshd ignores stays", "command=\"x " + keyOne + "\n", set(""), "command=\"x " + keyOne + "\n"},
	})
	if got := set("", keyOne).Surplus([]byte(keyOne + "\n" + keyTwo + " old\n")); len(got) != 1 || got[0].Key.Describe() != "ssh-ed25519 "+printTwo+" old" {
		t.Errorf("surplus: %v", got)
	}
}

func TestKnownHosts(t *testing.T) {
	host := func(name string, keys ...string) KnownHost {
		k := KnownHost{Host: name, Absent: len(keys) == 0}
		for _, text := range keys {
			k.Keys = append(k.Keys, key(t, text))
		}
		return k
	}
	const git = "git.example.com"
	runEdits(t, []editCase{
		{"a new file", "", host(git, keyOne, keyThree), git + " " + keyOne + "\n" + git + " " + keyThree + "\n"},
		{"it is there", "GIT.example.com " + keyOne + " x\n", host(git, keyOne), "GIT.example.com " + keyOne + " x\n"},
		{"its key has changed", "a " + keyTwo + "\n" + git + " " + keyTwo + " x\nb " + keyTwo, host(git, keyOne), "a " + keyTwo + "\n" + git + " " + keyOne + "\nb " + keyTwo},
		{"a hashed name", hashedOne + " " + keyOne + "\n", host(git, keyOne), hashedOne + " " + keyOne + "\n"},
		{"a hashed name keeps its line", hashedOne + " " + keyTwo + "\n" + hashedTwo + " " + keyTwo + "\n", host(git, keyOne), hashedOne + " " + keyOne + "\n" + hashedTwo + " " + keyTwo + "\n"},
		{"a hashed name with a port goes", hashedOne + " " + keyOne + "\n" + hashedTwo + " " + keyTwo, host("[git]:2222"), hashedOne + " " + keyOne},
		{"another port is another host", "[git]:2223 " + keyOne + "\n", host("[git]:2222", keyTwo), "[git]:2223 " + keyOne + "\n[git]:2222 " + keyTwo + "\n"},
		{"several names in a line", "a," + git + ",10.0.0.1 " + keyTwo + "\n", host(git, keyOne), "a,10.0.0.1 " + keyTwo + "\n" + git + " " + keyOne + "\n"},
		{"the same name twice in a line", git + "," + hashedOne + " " + keyTwo + "\n", host(git), ""},
		{"too many keys", git + " " + keyOne + "\n" + git + " " + keyTwo + "\n" + git + " " + keyThree + "\n", host(git, keyTwo), git + " " + keyTwo + "\n"},
		{"the same key twice", git + " " + keyOne + "\n" + git + " " + keyOne + "\n", host(git, keyOne), git + " " + keyOne + "\n" + git + " " + keyOne + "\n"},
		{"patterns and authorities stay", "*.example.com " + keyTwo + "\n@cert-authority " + git + " " + keyTwo + "\n", host(git), "*.example.com " + keyTwo + "\n@cert-authority " + git + " " + keyTwo + "\n"},
		{"a revoked key of its own", "@revoked " + git + " " + keyTwo + "\n", host(git, keyOne), "@revoked " + git + " " + keyTwo + "\n" + git + " " + keyOne + "\n"},
		{"a revoked key that is wanted", "\n@revoked * " + keyOne + "\n", host(git, keyOne), "error: line 2: this line revokes the key " + printOne},
		{"a key revoked for a hashed name", "@revoked " + hashedOne + " " + keyOne + "\n", host(git, keyOne), "error: line 1: this line revokes"},
		{"a key revoked for other hosts", "@revoked *,!git.* " + keyOne + "\n", host(git, keyOne), "@revoked *,!git.* " + keyOne + "\n" + git + " " + keyOne + "\n"},
		{"comments and rubbish", "# " + git + " " + keyOne + "\n" + git + "\n@revoked\n", host(git), "# " + git + " " + keyOne + "\n" + git + "\n@revoked\n"},
	})
}

func TestNormalHost(t *testing.T) {
	for in, want := range map[string]string{
		"Git.Example.com": "git.example.com", "[git]:22": "git", "[Git]:2222": "[git]:2222", "fe80::1": "fe80::1", "[::1]:22": "::1",
		"FE80::1%eth0": "fe80::1%eth0", "[2001:db8::22]:2222": "[2001:db8::22]:2222", "h:22": "", "10.0.0.1:2222": "", "[h:22]:2222": "", "h:ssh": "", "a:b:c": "", ":22": "",
		"": "", "a b": "", "a,b": "", "*.example.com": "", "[git]": "", "[git]:0": "", "[git]:70000": "", "|1|a|b": "", "!a": "", "[*]:22": "", "@a": "", "#a": "",
	} {
		if got, err := NormalHost(in); got != want || (err == nil) != (want != "") {
			t.Errorf("%q: %q, %v; want %q", in, got, err, want)
		}
	}
	for in, want := range map[string]string{"git.example.com:22": `did you mean "git.example.com"?`, "10.0.0.1:2222": `did you mean "[10.0.0.1]:2222"?`, "h:ssh": "is no address of IPv6"} {
		if _, err := NormalHost(in); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", in, err, want)
		}
	}
}

func TestMatchPattern(t *testing.T) {
	for _, c := range []struct {
		pattern, text string
		want          bool
	}{
		{"*", "", true}, {"*", "a", true}, {"a*b*c", "aXbYbc", true}, {"a*b*c", "aXbYb", false}, {"?", "", false}, {"a?c", "abc", true},
		{"", "", true}, {"", "a", false}, {"a**", "a", true}, {"*a", "ba", true}, {"*a", "ab", false},
	} {
		if got := MatchPattern(c.pattern, c.text); got != c.want {
			t.Errorf("%q, %q: %v", c.pattern, c.text, got)
		}
	}
}

// FuzzSSHFiles: whatever a file contains, an edit is accepted only if it has the wanted effect and leaves the other
// lines alone, and it can be undone.
func FuzzSSHFiles(f *testing.F) {
	for _, src := range []string{
		"", keyOne, "restrict " + keyOne + " a\n", "a," + hashedOne + " " + keyTwo, "@revoked * " + keyThree + "\r\n", `command="\"" ` + keyOne, "\ufeff" + keyOne,
	} {
		f.Add(src, "restrict", "git.example.com")
	}
	f.Fuzz(func(t *testing.T, src, options, host string) {
		one, two := key(t, keyOne+" a"), key(t, keyTwo)
		parts := []Part{
			AuthorizedKey{Fingerprint: printOne, Key: one}, AuthorizedKey{Fingerprint: printTwo, Absent: true},
			KeySet{Lines: []AuthorizedLine{{Key: one}, {Key: two}}}, KeySet{},
		}
		if o, err := ParseKeyOptions(options); err == nil {
			parts = append(parts, AuthorizedKey{Fingerprint: printOne, Key: one, Options: o})
		}
		if h, err := NormalHost(host); err == nil {
			parts = append(parts, KnownHost{Host: h, Keys: []SSHKey{one, two}}, KnownHost{Host: h, Absent: true})
		}
		for _, p := range parts {
			out, err := Edit([]byte(src), []Part{p})
			if err != nil {
				continue
			}
			if again, err := Edit(out, []Part{p}); err != nil || string(again) != string(out) {
				t.Errorf("%#v: a second edit makes %q of %q: %v", p, again, out, err)
			}
			hunks, err := Record([]byte(src), []Part{p})
			if err != nil {
				t.Fatal(err)
			}
			if back, done := Restore(out, hunks); done[0] && string(back) != src {
				t.Errorf("%#v: it was taken back to %q", p, back)
			}
		}
	})
}
