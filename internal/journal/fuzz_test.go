package journal

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"maps"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"converge/internal/notify"
)

// sample is a run with every kind of record.
func sample(t testing.TB) []byte {
	t.Helper()
	d := debt("service.x", "restart", "file.x", "r1")
	b, err := (&describer{contents: &contents{}}).describeChange(context.Background(), file("x"))
	if err != nil {
		t.Fatal(err)
	}
	b.Owes = 1
	var buf bytes.Buffer
	var s sum
	for _, r := range []record{
		{Start: &startRecord{Format: format, Run: "r1", Seq: 1}},
		{Owe: &d},
		{Begin: b},
		{Fail: &Failure{Resource: "file.y", Error: "no luck"}},
		{Done: &doneRecord{Addr: addr("file.x"), At: at(1), Ledger: &LedgerChange{Key: "path:/etc/x"}}},
		{Paid: &Payment{Target: addr("service.x"), Verb: "restart"}},
		{End: &endRecord{}},
	} {
		if s, err = appendLine(&buf, s, &r); err != nil {
			t.Fatal(err)
		}
	}
	return buf.Bytes()
}

// A run's file of any bytes is read, or refused with the place of the damage.
func FuzzRun(f *testing.F) {
	f.Add(sample(f))
	f.Add([]byte("00000000 null\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		m := newMemory()
		d := newDetailReader()
		err := scanRun("f", "r1", bytes.NewReader(data), func(r *record) {
			m.applyRecord("r1", r)
			d.addRecord(r)
		})
		if err != nil && !errors.Is(err, ErrDamaged) {
			t.Fatal(err)
		}
		if err == nil && len(data) > 0 && data[len(data)-1] == '\n' {
			rewritten(t, data)
		}
	})
}

// FuzzRecord is FuzzRun without the checksum.
func FuzzRecord(f *testing.F) {
	for line := range bytes.Lines(sample(f)) {
		f.Add(line[9:])
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		var r record
		if r.parseLine(text) != nil {
			return
		}
		m := newMemory()
		m.applyRecord("r1", &r)
		newDetailReader().addRecord(&r)
		text, err := json.Marshal(&r) // not encode, which expects the output of valueEncoder
		if err != nil {
			t.Fatal(err)
		}
		var back record
		if err := back.parseLine(text); err != nil {
			t.Fatalf("%s: %v", text, err)
		}
	})
}

// rewritten checks that each text has one line: an accepted line equals the written one.
func rewritten(t *testing.T, data []byte) {
	t.Helper()
	var s sum
	for line := range bytes.Lines(data) {
		text, stored, ok := parseLine(bytes.TrimSuffix(line, []byte("\n")), s)
		if !ok || s.addText(text) != stored {
			t.Fatalf("%q was accepted", line)
		}
		s = stored
	}
}

func FuzzLedger(f *testing.F) {
	l := &ledger{entries: map[string]ledgerValue{"path:/a": {"00ff", "file.a", false, "", ""}, "a\tb": {"11ff", "x.y", true, "", `{"before":null,"after":{"a":"b\\n"}}`}}}
	f.Add(string(l.encodeLedger("r1")))
	f.Add("converge-ledger 1 r1 0 00000000\n")
	f.Fuzz(func(t *testing.T, text string) {
		// The checksum would make the fuzzer's lines invalid.
		inner, sorted := &ledger{}, false
		if inner.text, sorted = readText(text); !sorted {
			inner.allEntries()
		}
		inner.listOrphans(func(string) bool { return false })
		asText := maps.Collect(inner.each())
		if d := cmp.Diff(inner.allEntries(), asText, cmp.AllowUnexported(ledgerValue{})); d != "" {
			t.Fatal(d)
		}
		var l ledger
		if err := l.parseLedger("f", text); err != nil {
			if !errors.Is(err, ErrDamaged) || !strings.Contains(err.Error(), "f:") {
				t.Fatal(err)
			}
			return
		}
		l.allEntries()
	})
}

func FuzzOwed(f *testing.F) {
	data, err := encodeOwed(owedHeader{Run: "r1"}, []notify.Debt{debt("service.x", "restart", "file.x", "r1")}, []*targetRecord{{Addr: addr("service.x"), Want: []byte(`{"name":"x"}`)}})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data)
	f.Fuzz(func(t *testing.T, data []byte) {
		o, err := parseOwed("f", data)
		if err != nil {
			if !errors.Is(err, ErrDamaged) {
				t.Fatal(err)
			}
			return
		}
		again, err := encodeOwed(o.head, o.debts, o.targets)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := parseOwed("f", again); err != nil {
			t.Fatal(err)
		}
	})
}

func FuzzOwner(f *testing.F) {
	f.Add([]byte(`{"pid":1,"command":"converge apply","since":"2026-01-02T03:04:05Z"}`))
	f.Add([]byte(`{"pid":1,"command":"\u001b[2J\n"}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		o := parseOwner(b)
		if strings.ContainsAny(o.String(), "\x1b\n\r\a") {
			t.Fatalf("%q reaches the terminal", o.String())
		}
	})
}
