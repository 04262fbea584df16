package demo

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"notewatch/internal/config"
	"notewatch/internal/secret"
)

// Options are the settings of a demo.
type Options struct {
	Rules    string // path of the rules file; "" means the one of the story
	Database string // path of a new database to keep; "" keeps none
	Webhook  string // URL that alerts are also sent to; "" means none
	Channel  string // ID of a Slack channel that alerts are also sent to; "" means none
}

// Check returns an error if a file that the demo creates already exists.
func (o Options) Check() error {
	for _, path := range []string{o.Database, o.keptRules()} {
		if err := requireAbsent(path); err != nil {
			return err
		}
	}
	return nil
}

// requireAbsent returns an error if a file already exists, because the demo overwrites nothing. "" means no file.
func requireAbsent(path string) error {
	if path == "" {
		return nil
	}
	_, err := os.Lstat(path)
	switch {
	case err == nil:
		return fmt.Errorf("%q already exists and the demo needs a new file: choose another path, or delete it if it is from an earlier demo", path)
	case errors.Is(err, fs.ErrNotExist):
		return nil
	}
	return fmt.Errorf("checking whether the file exists: %w", err)
}

// keptRules returns the path at which the rules of the story are kept beside a kept database; "" if they are not kept.
func (o Options) keptRules() string {
	if o.Database == "" || o.Rules != "" {
		return ""
	}
	return o.Database + ".rules.yaml"
}

// Load reads the rules file, with receivers and access to Notehub of the demo. That of the story is written first: beside the kept database,
// otherwise into folder.
func (o Options) Load(s Story, folder string) (*config.File, error) {
	path := o.Rules
	if path == "" {
		path = cmp.Or(o.keptRules(), filepath.Join(folder, "rules.yaml"))
		if err := os.WriteFile(path, withTerminal(s.rules), 0o600); err != nil {
			return nil, fmt.Errorf("writing the rules of the demo: %w", err)
		}
	}
	file, err := config.LoadPartly(path, os.LookupEnv)
	if err != nil {
		return nil, err
	}
	for i := range file.Accounts {
		file.Accounts[i].Token, file.Accounts[i].ClientID, file.Accounts[i].ClientSecret = secret.New(Token), "", secret.Text{}
	}
	receive(file, o.Webhook, o.Channel)
	return file, nil
}
