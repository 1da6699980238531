package fsys

// WithoutOpenat2 makes f behave as on a kernel that lacks openat2.
func WithoutOpenat2(f *FS) { f.noOpenat2 = true }

// DirWithoutOpenat2 makes d behave as on a kernel that lacks openat2.
func DirWithoutOpenat2(d *Dir) { d.own.noOpenat2 = true }
