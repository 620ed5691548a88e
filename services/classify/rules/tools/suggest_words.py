"""Capitalised words that name neither place nor person: days, months, agencies, forms of address."""

from services.classify.rules.text.fold import fold

_DAYS_AND_MONTHS = """
monday tuesday wednesday thursday friday saturday sunday mon tue tues wed thu thur thurs fri sat sun
january february march april may june july august september october november december
jan feb mar apr jun jul aug sep sept oct nov dec
lundi mardi mercredi jeudi vendredi samedi dimanche janvier février mars avril mai juin juillet août septembre octobre
novembre décembre
montag dienstag mittwoch donnerstag freitag samstag sonnabend sonntag januar februar märz april mai juni juli august
september oktober november dezember
lunes martes miércoles jueves viernes sábado domingo enero febrero marzo abril mayo junio julio agosto septiembre octubre
noviembre diciembre
segunda terça quarta quinta sexta janeiro fevereiro março maio junho julho setembro outubro novembro dezembro
понедельник вторник среда среду четверг пятница пятницу суббота субботу воскресенье январь января февраль февраля март
марта апрель апреля май мая июнь июня июль июля август августа сентябрь сентября октябрь октября ноябрь ноября декабрь
декабря
pazartesi salı çarşamba perşembe cuma cumartesi pazar ocak şubat mart nisan mayıs haziran temmuz ağustos eylül ekim kasım
aralık
"""
_AGENCIES = """
reuters reuter afp ap upi xinhua tass itar interfax bloomberg dpa efe ansa pti ians ani kyodo yonhap aap belta ukrinform
akipress kabar kazinform sputnik bbc cnn тасс риа интерфакс казинформ спутник новости novosti
"""
_ADDRESS = "mr mrs ms dr sir herr frau monsieur madame señor señora г н"
NOT_NAMES = frozenset(fold(word) for word in f"{_DAYS_AND_MONTHS} {_AGENCIES} {_ADDRESS}".split())
