package units

import (
	"context"
	"io"

	"converge/internal/resource"
	"converge/resources"
)

// timerFile is one of the two files of a timer, as the provider of files wants it.
type timerFile struct {
	path string
	text resource.Opt[string]
}

func timerFiles(name string, texts resources.TimerFiles) []timerFile {
	service, timer := resources.TimerPaths(name)
	return []timerFile{{service, texts.Service}, {timer, texts.Timer}}
}

// stampOf returns the path of the file that records the last run of a persistent timer (systemd.timer(5), Persistent=).
// It is removed with the timer: another timer of that name would run at once, to catch up.
func stampOf(name string) string { return "/var/lib/systemd/timers/stamp-" + name + ".timer" }

// resource returns the file as a resource; kind is the kind file.
func (f *timerFile) resource(kind *resource.Kind, c resource.TypedChange[resources.TimerWant]) *resource.Resource {
	want := resources.FileWant{Place: resources.Place{Type: resources.TypeFile, Path: resource.Text(f.path)}}
	if f.text.Set {
		want.Content = resource.BytesBlob([]byte(f.text.Value))
		want.Sensitive = c.Want.Sensitive
	} else {
		want.Ensure = resource.Some("absent")
	}
	r := &resource.Resource{Addr: resource.Addr{Kind: kind.Name, Name: f.path}, Kind: kind, Want: resource.Encode(want), Key: "path:" + f.path}
	if c.Secret["content"] {
		r.Secret = map[string]bool{"content": true}
	}
	return r
}

// readFiles reads the two files of a timer.
func (t *timers) readFiles(ctx context.Context, name string) (texts resources.TimerFiles, err error) {
	service, timer := resources.TimerPaths(name)
	for _, f := range []struct {
		path string
		text *resource.Opt[string]
	}{{service, &texts.Service}, {timer, &texts.Timer}} {
		text, found, err := t.Units.Files.ReadText(ctx, f.path, maxUnitFile)
		if err != nil {
			return texts, err
		}
		if found {
			*f.text = resource.Some(string(text))
		}
	}
	return texts, nil
}

// maxUnitFile is the number of bytes that are read of a unit file: more than any has.
const maxUnitFile = 1 << 20

// readBlob reads the text of unit files; a rollback reads it from the state folder.
func readBlob(b *resource.Blob) ([]byte, error) {
	if text, ok := b.Bytes(); ok {
		return text, nil
	}
	r, err := b.Open()
	if err != nil {
		return nil, err
	}
	defer r.Close()
	return io.ReadAll(io.LimitReader(r, maxUnitFile))
}

// Record implements [resource.Recorder]: a rollback restores a removed timer.
func (t *Timers) Record(ctx context.Context, c resource.Change) (resource.Change, []resource.Change, error) {
	if c.Have.IsNull() {
		return c, nil, nil
	}
	want, err := resource.Decode[resources.TimerWant](c.Want)
	if err != nil {
		return c, nil, err
	}
	texts, err := t.timers.readFiles(ctx, want.Name)
	if err != nil {
		return c, nil, err
	}
	prior := resources.TimerWant{Name: want.Name, Path: want.Path, Enabled: resource.Some(false), Running: resource.Some(false)}
	prior.Show(texts)
	text := texts.Join(want.Name)
	if k := t.timers.Keep; k != nil {
		if _, err := k.KeepBytes(ctx, text); err != nil {
			return c, nil, err
		}
	}
	if state, err := t.timers.observeUnit(ctx, want); err == nil && texts.Timer.Set {
		prior.Enabled, prior.Running = state.Enabled, state.Running
	}
	c.Have = resource.Encode(prior)
	return c, nil, nil
}
