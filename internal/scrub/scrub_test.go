package scrub

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"os/exec"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestString(t *testing.T) {
	const key = "-----BEGIN KEY-----\nMIIEvQIBADANBgkq\nabcdEFGHijkl\nxy\n-----END KEY-----\n"
	for _, c := range []struct {
		summary   string
		secrets   []string
		text, out string
	}{
		{"none", nil, "hunter2", "hunter2"},
		{"alone", []string{"hunter2"}, "hunter2", Mask},
		{"inside", []string{"hunter2"}, "pw=hunter2;", "pw=" + Mask + ";"},
		{"twice", []string{"hunter2"}, "hunter2 hunter2", Mask + " " + Mask},
		{"one beside the other", []string{"hunter2"}, "hunter2hunter2", Mask},
		{"the longer one goes whole", []string{"hunter2", "hunter2-long"}, "hunter2-long", Mask},
		{"one overlaps another", []string{"abcdef", "defghi"}, "xabcdefghix", "x" + Mask + "x"},
		{"a shorter one inside reaches further", []string{"abcdefgh", "cdefghijkl"}, "abcdefghijkl", Mask},
		{"too short", []string{"abc", "", "  ab  "}, "abc ab", "abc ab"},
		{"as short as may be", []string{"ab12"}, "xab12x", "x" + Mask + "x"},
		{"no secret at all", []string{"true", "FALSE", " null", "none"}, "true FALSE null none", "true FALSE null none"},
		{"without its newline", []string{"hunter2\n"}, "pw hunter2 ok", "pw " + Mask + " ok"},
		{"a line of a key", []string{key}, "read MIIEvQIBADANBgkq", "read " + Mask},
		{"a line too short", []string{key}, "xy", "xy"},
		{"a whole key", []string{key}, "<" + key + ">", "<" + Mask + ">"},
		{"a key in JSON", []string{key}, `{"key":"-----BEGIN KEY-----\nMIIEvQIBADANBgkq\n"}`, `{"key":"` + Mask + `\n` + Mask + `\n"}`},
		{"a key with CR LF", []string{key}, "MIIEvQIBADANBgkq\r\nabcdEFGHijkl\r\n", Mask + "\r\n" + Mask + "\r\n"},
		{"quoted as JSON", []string{`a"b\c<d>`}, `{"x":"a\"b\\c\u003cd\u003e","y":"a\"b\\c<d>"}`, `{"x":"` + Mask + `","y":"` + Mask + `"}`},
		{"quoted as Go", []string{"a\tb\x01é"}, `"a\tb\x01é"`, `"` + Mask + `"`},
		{"quoted for a shell", []string{`it's a $ecret`}, `echo 'it'\''s a $ecret' "it's a \$ecret"`, `echo '` + Mask + `' "` + Mask + `"`},
		{"in a URL", []string{"p@ss w/rd"}, "http://u:p%40ss%20w%2Frd@h/?q=p%40ss+w%2Frd", "http://u:" + Mask + "@h/?q=" + Mask},
		{"bytes that are no text", []string{"\xff\xfe\x00\x01"}, "a\xff\xfe\x00\x01b", "a" + Mask + "b"},
		{"at the very end", []string{"hunter2"}, "xhunter2", "x" + Mask},
		{"cut off", []string{"hunter2"}, "hunter", "hunter"},
		{"cut off, and it says so", []string{"hunter2-long"}, "pw hunter2-l\n[…]\n", "pw " + Mask + "\n[…]\n"},
		{"the beginning cut off", []string{"hunter2-long"}, "[…]\nr2-long hunter2-long", "[…]\n" + Mask + " " + Mask},
		{"both around a cut", []string{"hunter2-long"}, "a hunter2…r2-long b", "a " + Mask + "…" + Mask + " b"},
		{"too little of it", []string{"hunter2-long"}, "hun…ong", "hun…ong"},
	} {
		t.Run(c.summary, func(t *testing.T) {
			if got := newScrubber(c.secrets...).String(c.text); got != c.out {
				t.Errorf("got %q, want %q", got, c.out)
			}
		})
	}
}

func TestBase64AtAnyPlace(t *testing.T) {
	const secret = "hunter2hunter2"
	c := newScrubber(secret)
	for _, before := range []string{"", "u", "us", "user:"} {
		for _, after := range []string{"", "x", "xy", "xyz"} {
			plain := before + secret + after
			for name, coded := range map[string]string{
				"std": base64.StdEncoding.EncodeToString([]byte(plain)), "url": base64.RawURLEncoding.EncodeToString([]byte(plain)),
			} {
				got := c.String("Basic " + coded)
				if !strings.Contains(got, Mask) || len(got) > len("Basic ")+len(Mask)+2*8 {
					t.Errorf("%s of %q: %q", name, plain, got)
				}
			}
		}
	}
}

func TestJSON(t *testing.T) {
	c := newScrubber("hunter2", "n123", "12345678")
	for in, want := range map[string]string{
		`null`:                       `null`,
		`"pw hunter2"`:               `"pw (sensitive)"`,
		`"a\n123"`:                   `"a\n123"`, // not the secret n123
		`["x",{"hunter2":"n123"}]`:   `["x",{"(sensitive)":"(sensitive)"}]`,
		`123456789`:                  `"(sensitive)9"`,
		`{"digest":"ab","size":9.0}`: `{"digest":"ab","size":9.0}`,
		`{"a":18446744073709551617}`: `{"a":18446744073709551617}`,
		`not JSON: hunter2`:          `"not JSON: (sensitive)"`,
		`tru`:                        `tru`,
	} {
		if got := string(c.JSON(json.RawMessage(in))); got != want {
			t.Errorf("%s: got %s, want %s", in, got, want)
		}
	}
}

func TestError(t *testing.T) {
	c := newScrubber("hunter2")
	plain, cause := errors.New("plain"), fmt.Errorf("pw=hunter2: %w", errors.ErrUnsupported)
	if c.Error(plain) != plain || c.Error(nil) != nil || (*Scrubber)(nil).Error(cause) != cause {
		t.Error("an error without a secret is changed")
	}
	if got := c.Error(cause).Error(); got != "pw=(sensitive): unsupported operation" {
		t.Error(got)
	}
}

func TestAllow(t *testing.T) {
	var s Set
	s.Add("hunter2")
	s.Add("visible")
	s.Allow("visible")
	if got := s.Scrubber().String("hunter2 visible"); got != Mask+" visible" {
		t.Error(got)
	}
	var none Set
	none.Add("abc")
	if none.Scrubber() != nil {
		t.Error("there is nothing to strike out")
	}
}

// No secret, and no common form of one, survives in any text.
func TestNothingSurvives(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		gen := rapid.StringOfN(rapid.RuneFrom([]rune("ab'\"\\ $<&é\t\n%1")), MinLen, 20, -1)
		secret := gen.Filter(worthStriking).Draw(t, "secret")
		c := newScrubber(append(rapid.SliceOfN(gen, 0, 3).Draw(t, "others"), secret)...)
		text := rapid.StringN(0, 10, -1).Draw(t, "before")
		j, _ := json.Marshal(secret)
		for _, form := range []string{secret, url.QueryEscape(strings.TrimSpace(secret)), fmt.Sprintf("%q", strings.TrimSpace(secret))} {
			if got := c.String(text + form + "z"); strings.Contains(got, secret) {
				t.Fatalf("%q in %q", secret, got)
			}
		}
		var back string
		if json.Unmarshal(c.JSON(j), &back) != nil || strings.Contains(back, secret) {
			t.Fatalf("%q in %q", secret, back)
		}
	})
}

// The output of sh -x for a command with a secret in it contains no secret.
func TestTraceOfAShell(t *testing.T) {
	for _, secret := range []string{"hunter2", "it's me", `a "b" c`, "tick`s and $igns"} {
		cmd := exec.Command("sh", "-xc", `true "$1" x"$1"`, "sh", secret)
		cmd.Env = []string{"LC_ALL=C", "PATH=/usr/bin:/bin"}
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("sh: %v\n%s", err, out)
		}
		if got := newScrubber(secret).String(string(out)); strings.Contains(got, secret) || !strings.Contains(got, Mask) {
			t.Errorf("%q: %s", secret, got)
		}
	}
}

func FuzzString(f *testing.F) {
	f.Add("hunter2", "xx hunter2hunter2")
	f.Fuzz(func(t *testing.T, secret, text string) {
		got := newScrubber(secret).String(text)
		if worthStriking(secret) && !strings.Contains(Mask, secret) && strings.Contains(strings.ReplaceAll(got, Mask, "\x00"), secret) {
			t.Errorf("%q is in %q", secret, got)
		}
	})
}

func BenchmarkString(b *testing.B) {
	var s Set
	for i := range 1000 {
		s.Add(fmt.Sprintf("secret-number-%d", i))
	}
	c := s.Scrubber()
	text := strings.Repeat("an ordinary line of output, of which there is much\n", 100)
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		c.String(text)
	}
}

// TestOpenedLines shows that only literal lines of a template stay when they appear alone.
func TestOpenedLines(t *testing.T) {
	const content = "[Service]\nUser=web\nPassword=hunter2\n"
	for _, c := range []struct {
		summary        string
		secrets        []string
		opened, closed string
		text, out      string
	}{
		{"a line of the template", []string{content}, "[Service]\nUser=web\n", "", "User=web\nPassword=hunter2", "User=web\n" + Mask},
		{"indented elsewhere", []string{content}, "[Service]\n  User=web\n", "", "\tUser=web", "\tUser=web"},
		{"the whole text", []string{content}, "[Service]\nUser=web\n", "", "<" + content + ">", "<" + Mask + ">"},
		{"a secret of one line", []string{content, "User=web"}, "User=web\n", "", "User=web", Mask},
		{"declared sensitive as a whole", []string{content}, "[Service]\nUser=web\n", content, "User=web", Mask},
		{"quoted as JSON", []string{content}, "[Service]\nUser=web\n", "", `{"x":"User=web\nPassword=hunter2\n"}`, `{"x":"User=web\n` + Mask + `\n"}`},
	} {
		t.Run(c.summary, func(t *testing.T) {
			var set Set
			for _, text := range c.secrets {
				set.Add(text)
			}
			set.Open(c.opened)
			set.Close(c.closed)
			var all Set
			all.AddAll(set.Words())
			if got := all.Scrubber().String(c.text); got != c.out {
				t.Errorf("got %q, want %q", got, c.out)
			}
		})
	}
}

func newScrubber(secrets ...string) *Scrubber { return New(Words{Secrets: secrets}) }
