package imports

import (
	"maps"
	"regexp"
	"strings"
	"sync"
	"unicode"
)

// headerNames are the headers of the exports of Apollo, HubSpot, Salesforce, LinkedIn and
// Datablist, and of what people write themselves, in the form of Squashed.
var headerNames = map[Field]string{
	FieldName:        "name fullname contactname contact leadname personname displayname person prospect prospectname contactfullname",
	FieldFirstName:   "firstname first fname givenname forename contactfirstname leadfirstname personfirstname vorname prenom prénom",
	FieldLastName:    "lastname last lname surname familyname contactlastname leadlastname personlastname nachname",
	FieldEmail:       "email emails emailaddress mail mailaddress emailid emailadresse workemail workemailaddress emailwork businessemail businessemailaddress corporateemail primaryemail primaryemailaddress secondaryemail secondaryemailaddress tertiaryemail personalemail personalemailaddress homeemail emailhome otheremail additionalemail alternateemail alternativeemail contactemail contactemailaddress leademail personemail prospectemail useremail",
	FieldPhone:       "phone phonenumber phoneno telephone telephonenumber tel telefon handy mobile mobilephone mobilephonenumber mobilenumber cell cellphone cellphonenumber workphone workphonenumber workdirectphone directphone directphonenumber directdial businessphone officephone homephone otherphone corporatephone companyphone companyphonenumber mainphone primaryphone secondaryphone contactphone contactphonenumber leadphone personphone whatsappphonenumber phonework phonehome phonemobile hqphone",
	FieldTitle:       "title jobtitle position role jobrole jobposition designation occupation currenttitle currentposition contacttitle leadtitle persontitle",
	FieldCompany:     "company companyname account accountname organization organisation organizationname organisationname employer currentcompany currentemployer companyaccount associatedcompany associatedcompanyname primaryassociatedcompany primarycompany business businessname firma unternehmen",
	FieldWebsite:     "website websiteurl websiteaddress web site siteurl homepage companywebsite companywebsiteurl webaddress weburl",
	FieldIndustry:    "industry companyindustry primaryindustry sector branche",
	FieldCompanySize: "employees companysize numberofemployees numberemployees employeecount noofemployees numemployees companyemployees companyheadcount headcount employeerange employeesrange",
	FieldCity:        "city town locality contactcity mailingcity leadcity personcity stadt ort",
	FieldState:       "state stateregion stateprovince stateorregion region province mailingstate mailingstateprovince contactstate personstate bundesland",
	FieldCountry:     "country countryregion countryname mailingcountry contactcountry personcountry land",
	FieldPostalCode:  "zip zipcode postalcode postcode zippostalcode mailingzippostalcode mailingpostalcode mailingzip plz",
	FieldAddress:     "address street streetaddress address1 addressline1 street1 streetaddress1 mailingstreet mailingaddress fulladdress adresse straße",
	FieldTimezone:    "timezone tz",
	FieldLinkedIn:    "linkedin linkedinurl linkedinprofile linkedinprofileurl personlinkedinurl personlinkedin contactlinkedinurl linkedincontactprofileurl profileurl publicprofileurl hslinkedinurl",
	FieldSource:      "source leadsource originalsource originaltrafficsource contactsource",
	FieldOwner:       "owner leadowner contactowner assignedto assignee ownername salesowner",
	FieldStatus:      "status leadstatus contactstatus",
	FieldTags:        "tags tag labels",
	FieldExternalID:  "externalid customerid recordid leadid contactid userid personid clientid crmid uniqueid uuid guid customernumber apollocontactid salesforceid hubspotid prospectid memberid",
	FieldNote:        "note notes comment comments description remark remarks memo bemerkung",
}

// lesserNames fill a field that no column has a better name for.
var lesserNames = map[Field]string{
	FieldName:       "namefull contactpersonname",
	FieldCompany:    "companynameforemails firm",
	FieldWebsite:    "domain companydomain companydomainname domainname companyurl",
	FieldCity:       "companycity billingcity accountcity hqcity",
	FieldState:      "companystate billingstate billingstateprovince accountstate",
	FieldCountry:    "countrycode countryregioncode companycountry billingcountry accountcountry",
	FieldPostalCode: "companyzip companypostalcode billingzip billingpostalcode billingzippostalcode",
	FieldAddress:    "companyaddress companystreet billingaddress billingstreet",
	FieldSource:     "utmsource latestsource",
	FieldOwner:      "accountowner recordowner",
	FieldStatus:     "stage leadstage contactstage lifecyclestage",
	FieldTags:       "lists list groups",
	FieldExternalID: "id accountid organizationid organisationid companyid",
}

// counterNames are of columns that only number the rows; "" is "#".
const counterNames = " index idx no nr row rowno rownumber rownum rowid line lineno linenumber num number sno srno slno unnamed0 "

// strangers stand in headers of what is somebody else's, so that an address below one
// is not the lead's.
var strangers = []string{"owner", "manager", "assistant", "referr", "referral", "createdby", "modifiedby", "updatedby", "invitedby", "assignedto", "recruiter", "supervisor"}

// byName and byLesserName turn the tables round.
var (
	byName       = sync.OnceValue(func() map[string]Field { return turned(headerNames) })
	byLesserName = sync.OnceValue(func() map[string]Field { return turned(lesserNames) })
)

func turned(table map[Field]string) map[string]Field {
	out := map[string]Field{}
	for field, headers := range maps.All(table) {
		for h := range strings.FieldsSeq(headers) {
			out[h] = field
		}
	}
	return out
}

// Squashed is a header without all that people vary: case, space, punctuation.
func Squashed(header string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, header)
}

// again is what a header that comes twice has behind it.
var again = regexp.MustCompile(` \(\d+\)$`)

// called gives the field that a header names in a table. The second address or phone
// is often called by its number.
func called(header string, table map[string]Field) (Field, bool) {
	key := Squashed(again.ReplaceAllString(header, ""))
	if f, ok := table[key]; ok {
		return f, true
	}
	f, ok := table[strings.TrimRight(key, "0123456789")]
	return f, ok && f.Many()
}

// NamesAddresses tells of a header that says that mail addresses stand below it.
func NamesAddresses(header string) bool {
	f, ok := called(header, byName())
	return ok && f == FieldEmail
}

// isCounter tells of a header that says that the column only numbers the rows.
func isCounter(header string) bool {
	key := Squashed(header)
	return key == "" || strings.Contains(counterNames, " "+key+" ")
}

// ofStranger tells of a header that speaks of somebody other than the lead.
func ofStranger(header string) bool {
	key := Squashed(header)
	for _, s := range strangers {
		if strings.Contains(key, s) {
			return true
		}
	}
	return false
}
