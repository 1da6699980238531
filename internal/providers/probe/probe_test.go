package probe_test

import (
	"context"
	"encoding/pem"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/fsys"
	"converge/internal/providers/probe"
	"converge/internal/resource"
	"converge/resources"
)

// clock is the time of a test: it advances only while a check waits.
type clock struct{ now time.Duration }

func (c *clock) instant() resource.Instant { return resource.Instant{Boot: "b", Mono: c.now} }

func (c *clock) pause(ctx context.Context, d time.Duration) error {
	c.now += d
	return ctx.Err()
}

func provider(t *testing.T, root string, change func(*probe.Options)) (*probe.Provider, *clock) {
	t.Helper()
	fs, err := fsys.Open(root)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { fs.Close() })
	c := &clock{now: time.Hour}
	o := probe.Options{FS: fs, Now: c.instant, Pause: c.pause, Booted: true}
	if change != nil {
		change(&o)
	}
	return probe.New(o), c
}

func ask(t *testing.T, p *probe.Provider, want resources.CheckWant) error {
	t.Helper()
	return p.Act(t.Context(), resource.Encode(want), "run")
}

// TestAttempts shows, for answers that pass (+) or fail (-), one per second, how a check ends and how many attempts it
// takes.
func TestAttempts(t *testing.T) {
	for _, c := range []struct {
		summary, answers string
		within, stable   string
		attempts         int
		err              string
	}{
		{"the first one decides", "-+", "", "", 1, "no"},
		{"third try", "--+", "30s", "", 3, ""},
		{"never", "-", "3s", "", 4, "none of 4 attempts passed within 3s; the last: no"},
		{"at the last moment", "---+", "3s", "", 4, ""},
		{"stable", "+", "", "3s", 4, ""},
		{"stable after a while", "--+", "10s", "2s", 5, ""},
		{"it flaps, and comes to rest", "+-+-+++", "10s", "2s", 7, ""},
		{"it flaps to the end", "+-+-+-+-+-+-+-", "6s", "2s", 8, "none of 8 attempts passed within 6s; the last: it passed, and failed again 1s later: no"},
		{"it flaps, and there is no time for another try", "++-", "", "5s", 3, "attempt 3: it passed, and failed again 2s later: no"},
		{"a window that begins in time may end later", "--+", "2s", "5s", 8, ""},
	} {
		t.Run(c.summary, func(t *testing.T) {
			n := 0
			s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				if c.answers[min(n, len(c.answers)-1)] == '-' {
					w.WriteHeader(http.StatusServiceUnavailable)
					w.Write([]byte("no"))
				}
				n++
			}))
			defer s.Close()
			p, _ := provider(t, "/", nil)
			want := resources.CheckWant{HTTP: resource.Some(s.URL), Within: resource.NonEmpty(c.within), Stable: resource.NonEmpty(c.stable)}
			err := ask(t, p, want)
			got := ""
			if err != nil {
				got = strings.Replace(err.Error(), "it answers with status 503, not 200:\n", "", 1)
			}
			if got != c.err || n != c.attempts {
				t.Errorf("%d attempts, error %q; want %d, %q", n, got, c.attempts, c.err)
			}
		})
	}
}

// TestAnswers shows which answers pass.
func TestAnswers(t *testing.T) {
	mux := http.NewServeMux()
	mux.HandleFunc("/ok", func(w http.ResponseWriter, r *http.Request) { w.Write([]byte("state: up\n")) })
	mux.HandleFunc("/moved", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/ok", http.StatusFound) })
	mux.HandleFunc("/secret", func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer s3cret" || r.Host != "web.example" {
			w.WriteHeader(http.StatusForbidden)
		}
	})
	mux.HandleFunc("/long", func(w http.ResponseWriter, r *http.Request) {
		for range 1 << 11 {
			w.Write([]byte(strings.Repeat("x", 1<<10)))
		}
		w.Write([]byte("end"))
	})
	s := httptest.NewServer(mux)
	defer s.Close()
	dead, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed := dead.Addr().String()
	dead.Close()
	url := func(path string) resource.Opt[string] { return resource.Some(s.URL + path) }
	open := strings.TrimPrefix(s.URL, "http://")
	for _, c := range []struct {
		summary string
		want    resources.CheckWant
		err     string // part of it; "": it passes
	}{
		{"status 200", resources.CheckWant{HTTP: url("/ok")}, ""},
		{"another status", resources.CheckWant{HTTP: url("/no")}, "it answers with status 404, not 200:\n404 page not found"},
		{"one of several statuses", resources.CheckWant{HTTP: url("/no"), Status: resource.Some([]int64{200, 404})}, ""},
		{"a redirect is not followed", resources.CheckWant{HTTP: url("/moved")}, "it answers with status 302, not 200"},
		{"the body matches", resources.CheckWant{HTTP: url("/ok"), Body: resource.Some("(?m)^state: up$")}, ""},
		{"the body does not", resources.CheckWant{HTTP: url("/ok"), Body: resource.Some("down")}, `its answer does not match "down":` + "\nstate: up"},
		{"the body ends with a line end", resources.CheckWant{HTTP: url("/ok"), Body: resource.Some("^state: up$")}, `its answer does not match "^state: up$", for the space or the line end around it (\s*$ allows one at the end):` + "\nstate: up"},
		{"what is behind the first MiB is not read", resources.CheckWant{HTTP: url("/long"), Body: resource.Some("end")}, `does not match "end"`},
		{"headers", resources.CheckWant{HTTP: url("/secret"), Headers: resource.Some(map[string]string{"Authorization": "Bearer s3cret", "Host": "web.example"})}, ""},
		{"a missing header", resources.CheckWant{HTTP: url("/secret")}, "status 403"},
		{"nothing listens", resources.CheckWant{HTTP: resource.Some("http://" + closed)}, "connection refused"},
		{"a port that is open", resources.CheckWant{TCP: resource.Some(open)}, ""},
		{"a port that is closed", resources.CheckWant{TCP: resource.Some(closed)}, "cannot connect to " + closed + ": "},
	} {
		t.Run(c.summary, func(t *testing.T) {
			p, _ := provider(t, "/", nil)
			err := ask(t, p, c.want)
			if (err == nil) != (c.err == "") || err != nil && !strings.Contains(err.Error(), c.err) {
				t.Errorf("got %v, want %q", err, c.err)
			}
			if err != nil && strings.Contains(err.Error(), "s3cret") {
				t.Errorf("the error shows the header: %v", err)
			}
		})
	}
}

// TestAuthorities shows that the certificates of ca replace the system's.
func TestAuthorities(t *testing.T) {
	s := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer s.Close()
	dir := t.TempDir()
	write := func(name, text string) resource.Opt[resource.Text] {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return resource.Some(resource.Text(path))
	}
	right := write("right", string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw})))
	for _, c := range []struct {
		summary string
		ca      resource.Opt[resource.Text]
		err     string
	}{
		{"the right one", right, ""},
		{"the system's", resource.Opt[resource.Text]{}, "its certificate is not trusted: x509: certificate signed by unknown authority"},
		{"no certificate", write("none", "hello"), "has no certificate in PEM form"},
		{"no file", resource.Some(resource.Text(filepath.Join(dir, "missing"))), "cannot read ca: "},
	} {
		p, _ := provider(t, "/", nil)
		err := ask(t, p, resources.CheckWant{HTTP: resource.Some(s.URL), CA: c.ca})
		if (err == nil) != (c.err == "") || err != nil && !strings.Contains(err.Error(), c.err) {
			t.Errorf("%s: got %v, want %q", c.summary, err, c.err)
		}
	}
}

// TestLateAnswer shows that an attempt ends at its time limit, and that an interrupt ends all attempts.
func TestLateAnswer(t *testing.T) {
	hold := make(chan struct{})
	begun := make(chan struct{}, 10)
	s := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/interrupted" { // an earlier attempt may have ended before it arrives here
			begun <- struct{}{}
		}
		<-hold
	}))
	defer s.Close()
	defer close(hold)
	p, _ := provider(t, "/", nil)
	err := ask(t, p, resources.CheckWant{HTTP: resource.Some(s.URL), Timeout: resource.Some("10ms")})
	if err == nil || err.Error() != "no answer within 10ms" {
		t.Errorf("got %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		<-begun
		cancel()
	}()
	want := resource.Encode(resources.CheckWant{HTTP: resource.Some(s.URL + "/interrupted"), Timeout: resource.Some("1h"), Within: resource.Some("1h")})
	if err := p.Act(ctx, want, "run"); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want that it was cancelled", err)
	}
}

// units is the init system of a test: whether its one unit runs at each observation, "+" or "-", and "r" for a unit
// that was restarted.
type units struct {
	resource.Provider
	looks string
	n     int
	now   byte
}

func (u *units) Observe(_ context.Context, want cty.Value) (cty.Value, error) {
	u.now = u.looks[min(u.n, len(u.looks)-1)]
	u.n++
	return resource.With(want, "running", cty.BoolVal(u.now != '-')), nil
}

func (u *units) Act(context.Context, cty.Value, string) error { return errors.New("nothing may act") }

func (u *units) Satisfied(context.Context, cty.Value, string, resource.Instant) (bool, error) {
	return u.now == 'r', nil
}

// TestUnit shows that a unit must run, and with stable stay the same.
func TestUnit(t *testing.T) {
	for _, c := range []struct {
		summary, looks, within, stable, err string
	}{
		{"it runs", "+", "", "", ""},
		{"it does not", "-", "", "", "web.service does not run"},
		{"after a while", "--+", "5s", "", ""},
		{"started again, and nobody asks for stable", "r", "", "", ""},
		{"started again", "++r+", "", "3s", "attempt 3: it passed, and failed again 2s later: web.service was started again"},
		{"started again, and stable then", "++r++++", "5s", "3s", ""},
	} {
		u := &units{looks: c.looks}
		p, _ := provider(t, "/", func(o *probe.Options) { o.Services = u })
		err := ask(t, p, resources.CheckWant{Unit: resource.Some("web.service"), Within: resource.NonEmpty(c.within), Stable: resource.NonEmpty(c.stable)})
		if got := errorText(err); got != c.err {
			t.Errorf("%s: got %q, want %q", c.summary, got, c.err)
		}
	}
}

func errorText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// TestSkipped shows that a check is skipped if nothing runs.
func TestSkipped(t *testing.T) {
	tree := t.TempDir()
	for _, c := range []struct {
		summary, root string
		booted        bool
		want          resources.CheckWant
		note          string
	}{
		{"a tree", tree, true, resources.CheckWant{TCP: resource.Some("127.0.0.1:1")}, "skipped: nothing runs in " + tree},
		{"a unit without an init system", "/", false, resources.CheckWant{Unit: resource.Some("a.service")}, "skipped: no init system runs this machine"},
		{"a port without an init system", "/", false, resources.CheckWant{TCP: resource.Some("127.0.0.1:1")}, ""},
	} {
		p, _ := provider(t, c.root, func(o *probe.Options) { o.Booted = c.booted })
		v := resource.Encode(c.want)
		r := p.Review(t.Context(), resource.Change{Want: v}, resource.Outlook{Ask: resource.AskAction})
		needless, err := p.Satisfied(t.Context(), v, "run", resource.Instant{})
		if err != nil || needless != (c.note != "") || r.Satisfied != needless || strings.Join(r.Notes, "") != c.note {
			t.Errorf("%s: %v, %v, %q; want %q", c.summary, needless, err, r.Notes, c.note)
		}
	}
}
