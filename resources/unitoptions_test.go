package resources

import (
	"bytes"
	"testing"

	"github.com/coreos/go-systemd/v22/unit"
	"github.com/google/go-cmp/cmp"
)

// FuzzReadUnitOptions: a unit file is read as the library reads it.
func FuzzReadUnitOptions(f *testing.F) {
	for _, text := range []string{
		"", "[Unit]\nDescription=a b\n", "[Service]\nExecStart=/bin/a \\\n  b\n[Install]\nWantedBy=x.target\n",
		"# c\\\nd\n; e \\ \nx\n[A]\n#f\nb=c\\", "[A", "[A]x\n", "[A]\nb\nc=d", "[A]\nb", "[A]\r\nb=c\r\nd=e\r", "[A]\nb=\\\n\nc=d", "[A]\nb=c\\\n\n",
		"noise[A]\n\u00a0 b = c \n=x\n[]\na=b\xff", "[A\nB]\nc=\\\n", "[A] \t\n b=c\\ \nd=e", "[A]\nb=\\\\\n \nc=",
	} {
		f.Add([]byte(text))
	}
	f.Add(append([]byte("[A]\nb="), bytes.Repeat([]byte("x"), 3000)...))
	f.Fuzz(func(t *testing.T, text []byte) {
		want, wantErr := unit.DeserializeOptions(bytes.NewReader(text))
		got, err := ReadUnitOptions(text)
		if (err == nil) != (wantErr == nil) || err != nil && err.Error() != wantErr.Error() {
			t.Fatalf("%q: %v, want %v", text, err, wantErr)
		}
		if len(want)+len(got) > 0 && err == nil && !cmp.Equal(got, want) {
			t.Errorf("%q: %s", text, cmp.Diff(want, got))
		}
	})
}
