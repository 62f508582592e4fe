package imports

import "strings"

// Field is what a column of a file can be taken into.
type Field string

// The fields of a lead that a file can fill. Of a field of a team's own the name is
// "custom:" and its key.
const (
	FieldName        Field = "name"
	FieldFirstName   Field = "first_name"
	FieldLastName    Field = "last_name"
	FieldEmail       Field = "email"
	FieldPhone       Field = "phone"
	FieldTitle       Field = "title"
	FieldCompany     Field = "company"
	FieldWebsite     Field = "website"
	FieldIndustry    Field = "industry"
	FieldCompanySize Field = "company_size"
	FieldCity        Field = "city"
	FieldState       Field = "state"
	FieldCountry     Field = "country"
	FieldPostalCode  Field = "postal_code"
	FieldAddress     Field = "address"
	FieldTimezone    Field = "timezone"
	FieldLinkedIn    Field = "linkedin"
	FieldSource      Field = "source"
	FieldOwner       Field = "owner"
	FieldStatus      Field = "status"
	FieldTags        Field = "tags"
	FieldExternalID  Field = "external_id"
	FieldNote        Field = "note"
)

const customPrefix = "custom:"

// Fields lists them in the order in which a person is shown them.
func Fields() []Field {
	return []Field{
		FieldName, FieldFirstName, FieldLastName, FieldEmail, FieldPhone, FieldTitle, FieldCompany, FieldWebsite, FieldIndustry,
		FieldCompanySize, FieldCity, FieldState, FieldCountry, FieldPostalCode, FieldAddress, FieldTimezone, FieldLinkedIn, FieldSource,
		FieldOwner, FieldStatus, FieldTags, FieldExternalID, FieldNote,
	}
}

// CustomField is a field of a team's own.
func CustomField(key string) Field { return Field(customPrefix + key) }

// Custom gives the key of a field of a team's own.
func (f Field) Custom() (key string, ok bool) { return strings.CutPrefix(string(f), customPrefix) }

// Many tells of a field that several columns may fill, in their order.
func (f Field) Many() bool { return f == FieldEmail || f == FieldPhone }

// The kinds of value that a field of a team's own holds.
const (
	KindText    = "text"
	KindNumber  = "number"
	KindDate    = "date"
	KindBoolean = "boolean"
	KindEnum    = "enum"
	KindURL     = "url"
)

// Kinds lists them.
func Kinds() []string {
	return []string{KindText, KindNumber, KindDate, KindBoolean, KindEnum, KindURL}
}

// maxKeyLength is of the key of a field of a team's own.
const maxKeyLength = 40

// isKey tells whether a text is the key of a field: [a-z][a-z0-9_]{0,39}.
func isKey(v string) bool {
	if v == "" || len(v) > maxKeyLength || v[0] < 'a' || v[0] > 'z' {
		return false
	}
	for _, c := range []byte(v) {
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '_' {
			return false
		}
	}
	return true
}
