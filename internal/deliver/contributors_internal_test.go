package deliver

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"notewatch/rules"
)

func TestContributorTexts(t *testing.T) {
	long := strings.Repeat("pump-", 20)
	for name, c := range map[string]struct {
		of   *rules.Contributors
		want []string
	}{
		"none":           {nil, nil},
		"nobody has any": {&rules.Contributors{Unknown: 3}, nil},
		"one": {
			&rules.Contributors{Most: [5]rules.Contributor{{UID: "dev:1", Name: "pump-7", Value: 12400, Share: 100}}},
			[]string{"most from pump-7 12,400 (100 %)"},
		},
		"some": {
			&rules.Contributors{Unit: "B", Others: 114, OthersShare: 22.4, Unknown: 3, Most: [5]rules.Contributor{
				{UID: "dev:1", Name: "pump-7", Value: 41.2e6, Share: 76.9}, {Name: "devices no longer listed", Value: 300e3, Share: 0.7}},
				Grown: rules.Growing{Name: "pump-7", By: 40e6, Of: 42e6}},
			[]string{"most from pump-7 41.2 MB (77 %), devices no longer listed 300 kB (under 1 %)", "114 others 22 %, 3 without data",
				"pump-7 alone makes 40 MB of 42 MB above usual"},
		},
		"what is usual": {
			&rules.Contributors{Most: [5]rules.Contributor{{Name: "pump-7", Value: 12400, Share: 41, Usual: 24}, {Name: "new", Value: 9, Share: 1}}},
			[]string{"most from pump-7 12,400 (41 %, usually 24), new 9 (1 %)"},
		},
		"silence": {
			&rules.Contributors{Figure: rules.SilentHours, Unit: "h", Others: 12, Most: [5]rules.Contributor{{Name: "pump-7", Value: 49.7}, {Name: "b", Value: 30}}},
			[]string{"silent longest: pump-7 49.7 h, b 30 h", "12 others"},
		},
		"names that do not fit": {
			&rules.Contributors{Others: 1, OthersShare: 10, Most: [5]rules.Contributor{
				{Name: long, Value: 50, Share: 50}, {Name: long, Value: 30, Share: 30}, {Name: "b", Value: 10, Share: 10}}},
			[]string{"most from " + long[:69] + "… 50 (50 %), b 10 (10 %)", "2 others 40 %"},
		},
	} {
		t.Run(name, func(t *testing.T) { require.Equal(t, c.want, contributorTexts(c.of)) })
	}
}
